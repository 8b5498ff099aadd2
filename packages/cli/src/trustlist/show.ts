import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import {
  type ListKind,
  listKind,
  parseTrustList,
  type ShownFile,
  showCorruptList,
  showMissingList,
  showTrustList,
  TlvError,
} from '@capfkit/codec/tlv'
import { checkTrustList, TRUST_LIST_FINDINGS } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, note, painter, print } from '../io.ts'
import { findingData, warnOf } from '../signed-file/findings.ts'
import { calledAs, nameOf, readSigned } from '../signed-file/read.ts'
import { digestHex, listView } from '../signed-file/view.ts'

/** `Wed Jul 27 10:16:24 EDT 2011`, in the time zone of this machine, as CUCM prints it. */
const inWords = (date: Date): string => {
  const { weekday, month, day, hour, minute, second, timeZoneName, year } = Object.fromEntries(
    new Intl.DateTimeFormat('en-US', {
      weekday: 'short',
      month: 'short',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
      year: 'numeric',
    })
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  )
  return `${weekday} ${month} ${day} ${hour}:${minute}:${second} ${timeZoneName} ${year}`
}

/** The bytes, or nothing where there is no such file. */
const readIfThere = async (file: string, io: Io): Promise<Buffer | undefined> => {
  try {
    return await readSigned(file, io)
  } catch (error) {
    if (error instanceof CliError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined
    throw error
  }
}

/** The name in the header counts, then the name of the file: `CTLSEP….tlv` may have been stored under any name. */
const kindOf = (bytes: Buffer, file: string): ListKind => {
  try {
    return listKind(parseTrustList(bytes).headers[0].fileName ?? nameOf(file) ?? '')
  } catch {
    return listKind(nameOf(file) ?? '')
  }
}

type Shown = { readonly io: Io; readonly file: string; readonly json: boolean }

const showNothing = ({ io, file, json }: Shown): ExitCode => {
  const kind = listKind(nameOf(file) ?? '')
  if (json) print(io, JSON.stringify({ version: 1, file, kind, lengthBytes: 0, verified: false }))
  else for (const line of showMissingList(kind)) print(io, line)
  return EXIT.failed
}

const showBroken = ({ io, file, json }: Shown, { shown, error }: { shown: ShownFile; error: TlvError }): ExitCode => {
  const { code, offset, where, message: sentence } = error
  if (json) print(io, JSON.stringify({ version: 1, file, ...shown, verified: false, error: { code, offset, where, sentence } }))
  else for (const line of showCorruptList(shown)) print(io, line)
  note(io, `${painter(io.stderr, io)('red', 'capf:')} ${calledAs(file)}: ${sentence}`)
  return EXIT.failed
}

const showList = (given: Shown, { bytes, shown }: { bytes: Buffer; shown: ShownFile }): ExitCode | undefined => {
  const { io, file, json } = given
  const { list, findings, signedBy } = checkTrustList(bytes)
  const { records } = list
  const isVerified = !findings.some(({ code }) => SIGNATURE_CODES.includes(code))
  if (json) {
    const data = { version: 1, file, ...shown, verified: isVerified, signedBy, ...listView(list) }
    print(io, JSON.stringify({ ...data, findings: findingData(findings, records) }))
  } else {
    const signerDer = signedBy === undefined ? undefined : records[signedBy - 1]?.certificateDer
    const sha1Of = (data: Buffer) => createHash('sha1').update(data).digest()
    for (const line of showTrustList(list, { ...shown, sha1Of, isVerified, signerDer })) print(io, line)
    // The print says nothing of these.
    warnOf(io, calledAs(file), {
      findings: findings.filter(({ code }) => TRUST_LIST_FINDINGS[code].severity === 'warning'),
      records,
    })
  }
  return isVerified ? undefined : EXIT.failed
}

const SIGNATURE_CODES: readonly string[] = ['TRUST_BAD_SIGNATURE', 'TRUST_UNKNOWN_SIGNER', 'TRUST_UNKNOWN_ALGORITHM']

export const show = command({
  name: 'show',
  doc: 'Print a CTL or ITL file as show ctl and show itl do',
  details:
    'The column BYTEPOS holds tag numbers, and names are misspelt, because CUCM prints them so. "Verified" means: signed by a certificate of the list itself; see capf trustlist verify. Exit code 1: no file, a file that cannot be read, or a signature that does not verify.',
  examples: [
    ['trustlist show ITLFile.tlv', 'A list as it came from a TFTP server'],
    ['trustlist show ITLFile.tlv --json', 'The same as one JSON object'],
  ],
  words: { file: { doc: 'CTL or ITL file, - for stdin.' } },
  options: JSON_OPTION,
  async run({ options: { json }, words: { file }, io }) {
    const given = { io, file, json }
    const bytes = await readIfThere(file, io)
    if (!bytes || bytes.length === 0) return showNothing(given)
    const modified = file === '-' ? {} : { modified: inWords((await stat(file)).mtime) }
    const [md5, sha1] = [digestHex('md5', bytes), digestHex('sha1', bytes)]
    const shown = { kind: kindOf(bytes, file), lengthBytes: bytes.length, md5, sha1, ...modified }
    try {
      return showList(given, { bytes, shown })
    } catch (error) {
      if (!(error instanceof TlvError)) throw error
      return showBroken(given, { shown, error })
    }
  },
})
