import { certificatesFromFile, parseCertificate, parseCertsOnly, pemToDer } from '@capfkit/pki'
import { type ImportedCertificate, importCertificate, type RequestStore } from '@capfkit/server'
import { command, JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readBytes } from '../files.ts'
import { type Io, note, print } from '../io.ts'
import { plain } from '../screen-table.ts'

const MAX_BYTES = 1_048_576

/** The ways in which CAs give certificates: PEM, one DER, and PKCS#7 as either. */
const READERS: readonly ((bytes: Buffer) => Buffer[])[] = [
  certificatesFromFile,
  parseCertsOnly,
  bytes => pemToDer(bytes, 'PKCS7').flatMap(parseCertsOnly),
]

/** Every certificate in a file, DER. @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_BAD_CERTIFICATE_FILE`. */
const answersIn = async (file: string): Promise<Buffer[]> => {
  const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
  for (const read of READERS)
    try {
      const certificates = read(bytes)
      for (const der of certificates) parseCertificate(der)
      return certificates
    } catch {
      // Another reader may know it.
    }
  throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
    where: file,
    detail: 'this is no certificate',
    remedy: 'give PEM, DER or PKCS#7 as the CA wrote it',
  })
}

type Answer = { file: string } & ImportedCertificate

/** What becomes of each kind, in words. */
const WORDS: { readonly [O in ImportedCertificate['outcome']]: (deviceName: string) => string } = {
  issued: deviceName => `the certificate of ${deviceName}, which gets it when it comes next`,
  stale: deviceName => `a stale LSC of ${deviceName}: its request was superseded`,
  unmatched: () => 'no certificate for a request that waits',
}

const show = (io: Io, { file, outcome, deviceName = '', warning }: Answer): void => {
  print(io, `${plain(file)}: ${WORDS[outcome](plain(deviceName))}`)
  if (warning !== undefined) note(io, `${plain(file)}: ${plain(warning)}`)
}

/** The matches of one file; a file of a whole chain has others in it, too, which are passed over. */
const importFile = async (requests: RequestStore, file: string): Promise<Answer[]> => {
  const answers: Answer[] = []
  for (const der of await answersIn(file)) answers.push({ file, ...(await importCertificate(requests, der)) })
  const matched = answers.filter(({ outcome }) => outcome !== 'unmatched')
  return matched.length > 0 ? matched : [{ file, outcome: 'unmatched' }]
}

export const importCertificates = command({
  name: 'import',
  doc: 'Bring the certificates of an offline CA',
  details:
    'Each is matched to its request by the public key; the phone gets it with its next session. The exit code is 1 when a file holds none that a request waits for.',
  examples: [['cert import issued/*.pem', 'Whatever the CA has signed']],
  words: { files: { doc: 'Files with certificates: PEM, DER or PKCS#7.', many: true } },
  options: { ...STORE_OPTIONS, ...JSON_OPTION },
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    let unmatched = 0
    for (const file of words.files)
      for (const answer of await importFile(store.requests, file)) {
        if (answer.outcome === 'unmatched') unmatched++
        if (options.json) print(io, JSON.stringify(answer))
        else show(io, answer)
      }
    return unmatched > 0 ? EXIT.failed : undefined
  },
})
