import { TlvError } from '@capfkit/codec/tlv'
import { checkSignedFile, type SignedFileCheck } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { type Io, painter, print } from '../io.ts'
import { plain } from '../screen-table.ts'
import { findingData, findingLines, problemsInWords } from '../signed-file/findings.ts'
import { JUDGING_OPTIONS, timeToJudgeBy } from '../signed-file/options.ts'
import { calledAs, nameOf, readSigned, readSigners } from '../signed-file/read.ts'
import { headerView } from '../signed-file/view.ts'

const tell = (io: Io, file: string, { ok, findings, file: { header } }: SignedFileCheck): void => {
  const paint = painter(io.stdout, io)
  for (const line of findingLines(io, findings)) print(io, line)
  const what = header.encryption ? 'encrypted and signed' : 'signed'
  if (ok) print(io, `${calledAs(file)}: ${paint('green', 'valid')}: ${what} by ${plain(header.signer.name)}`)
  else print(io, `${calledAs(file)}: ${paint('red', 'not valid')}: ${problemsInWords(findings)}`)
}

export const verify = command({
  name: 'verify',
  doc: 'Say whether a signed configuration file was signed by somebody who is believed',
  details: 'Encrypted files are verified without being decrypted. Exit code 0: valid, warnings or not; 1: not valid.',
  examples: [
    ['config verify SEP001122334455.cnf.xml.sgn --signer ITLFile.tlv', 'As phones with this list judge it'],
    ['config verify SEP001122334455.cnf.xml.enc.sgn --signer tftp.pem', 'By the certificate of one TFTP server'],
  ],
  words: { file: { doc: 'File that ends in .sgn, - for stdin.' } },
  options: { ...JUDGING_OPTIONS, ...JSON_OPTION },
  async run({ options, words: { file }, io }) {
    if (options.signer.length === 0)
      throw new MistakesError(['--signer FILE is missing: a signed file does not say whom to believe (CLI_USAGE)'])
    const time = timeToJudgeBy(options.at, io)
    const signers = await readSigners(options.signer)
    const bytes = await readSigned(file, io)
    const fileName = nameOf(file)
    try {
      const check = checkSignedFile(bytes, { ...time, signers, ...(fileName === undefined ? {} : { fileName }) })
      const { ok, findings } = check
      if (options.json) {
        const data = { version: 1, file, ok, header: headerView(check.file.header), contentBytes: check.file.content.length }
        print(io, JSON.stringify({ ...data, findings: findingData(findings) }))
      } else tell(io, file, check)
      return ok ? undefined : EXIT.failed
    } catch (error) {
      if (!(error instanceof TlvError)) throw error
      const { code, offset, where, message: sentence } = error
      if (options.json) print(io, JSON.stringify({ version: 1, file, ok: false, error: { code, offset, where, sentence } }))
      else print(io, `${calledAs(file)}: ${painter(io.stdout, io)('red', 'not valid')}: ${plain(sentence)}`)
      return EXIT.failed
    }
  },
})
