import { TlvError } from '@capfkit/codec/tlv'
import { checkTrustList, type TrustListCheck } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, painter, print } from '../io.ts'
import { plain } from '../screen-table.ts'
import { findingData, findingLines, problemsInWords, recordInWords } from '../signed-file/findings.ts'
import { JUDGING_OPTIONS, timeToJudgeBy } from '../signed-file/options.ts'
import { calledAs, readSigned, readSigners } from '../signed-file/read.ts'
import { headerView } from '../signed-file/view.ts'

type Judged = { readonly io: Io; readonly file: string; readonly json: boolean }

/** Bytes that are no list are a list that is not valid. */
const refuse = ({ io, file, json }: Judged, { code, offset, where, message: sentence }: TlvError): ExitCode => {
  const paint = painter(io.stdout, io)
  if (json) print(io, JSON.stringify({ version: 1, file, ok: false, error: { code, offset, where, sentence } }))
  else print(io, `${calledAs(file)}: ${paint('red', 'not valid')}: ${plain(sentence)}`)
  return EXIT.failed
}

const dataOf = (file: string, { list, ok, findings, signedBy }: TrustListCheck) => {
  const { signer, digest, timestamp } = headerView(list.headers[0])
  const records = list.records.length
  return { version: 1, file, ok, signer, signedBy, digest, timestamp, records, findings: findingData(findings, list.records) }
}

const tell = ({ io, file }: Judged, given: { check: TrustListCheck; bySelf: boolean }): void => {
  const { ok, findings, signedBy, list } = given.check
  const { records, headers } = list
  const paint = painter(io.stdout, io)
  for (const line of findingLines(io, findings, records)) print(io, line)
  const signer = signedBy === undefined ? plain(headers[0].signer.name) : recordInWords(signedBy, records[signedBy - 1])
  const doubt = given.bySelf ? '; nothing but the list itself vouches for that, see --signer' : ''
  if (ok)
    print(io, `${calledAs(file)}: ${paint('green', 'valid')}: ${counted(records.length, 'record')}, signed by ${signer}${doubt}`)
  else print(io, `${calledAs(file)}: ${paint('red', 'not valid')}: ${problemsInWords(findings)}`)
}

export const verify = command({
  name: 'verify',
  doc: 'Say whether a CTL or ITL file is in order',
  details:
    'Looks at the signature, at who signed, at dates, at whether each record says what its certificate says, and at the limits of phones. Without --signer the signers of the list itself are believed, which says nothing of where it came from. Exit code 0: valid, warnings or not; 1: not valid.',
  examples: [
    ['trustlist verify ITLFile.tlv --signer callmanager.pem', 'A list against a certificate of the cluster'],
    [
      'trustlist verify new/ITLFile.tlv --signer old/ITLFile.tlv --at none',
      'A new list against those who may sign by the old one, as phones judge it',
    ],
  ],
  words: { file: { doc: 'CTL or ITL file, - for stdin.' } },
  options: { ...JUDGING_OPTIONS, ...JSON_OPTION },
  async run({ options, words: { file }, io }) {
    const judged = { io, file, json: options.json }
    const time = timeToJudgeBy(options.at, io)
    const signers = options.signer.length > 0 ? { signers: await readSigners(options.signer) } : {}
    const bytes = await readSigned(file, io)
    try {
      const check = checkTrustList(bytes, { ...time, ...signers })
      if (options.json) print(io, JSON.stringify(dataOf(file, check)))
      else tell(judged, { check, bySelf: !('signers' in signers) })
      return check.ok ? undefined : EXIT.failed
    } catch (error) {
      if (!(error instanceof TlvError)) throw error
      return refuse(judged, error)
    }
  },
})
