import { optionalText } from '@capfkit/codec/options'
import { type Enrolled, EstError } from '@capfkit/est'
import { derToPem, type KeyPair, privateKeyPem } from '@capfkit/pki'
import { identify } from '../certificate-files.ts'
import { command } from '../command.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, print } from '../io.ts'
import { mustBeWritable, mustNotReplace, writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { CONNECTION_OPTIONS, type ConnectionOptions, clientOf } from './options.ts'
import { REQUEST_OPTIONS, requestOf, WAIT_OPTION } from './request.ts'

export const OUT_OPTION = {
  out: optionalText({ doc: 'File for the certificate, and the key where it was made or read, mode 0600. Required.' }),
} as const

type Result = { readonly enrolled: Enrolled; readonly keyPair: KeyPair | undefined; readonly file: string }

/** Certificate, then PKCS#8 key, as `capf phone enrol` leaves them. */
export const leaveCertificate = async (
  { enrolled, keyPair, file }: Result,
  { io, options }: { io: Io; options: ConnectionOptions },
): Promise<void> => {
  const pem = derToPem(enrolled.certificateDer) + (keyPair ? privateKeyPem(keyPair.privateKey) : '')
  await writeOutput({ file, data: Buffer.from(pem), io, isPrivate: true })
  const { subject, sha1, notAfter } = identify(enrolled.certificateDer)
  if (options.json) print(io, JSON.stringify({ version: 1, server: options.server, file, subject, sha1, notAfter }))
  else if (file !== '-') print(io, `${file}: ${subject}, SHA-1 ${sha1}, until ${notAfter}`)
}

/** The CA may still decide on the request. */
const isUndecided = (error: unknown, { waitMs }: { readonly waitMs: number }): boolean =>
  error instanceof EstError && (error.code === 'EST_PENDING' || (error.code === 'EST_ABORTED' && waitMs > 0))

/** Without its key nobody could ask for an undecided request again, and its certificate would be of no use. */
const keepKey = async (keyPair: KeyPair, { file, io }: { file: string; io: Io }): Promise<void> => {
  const keyFile = `${file}.key`
  await writeOutput({ file: keyFile, data: Buffer.from(privateKeyPem(keyPair.privateKey)), io, isPrivate: true })
  note(io, `${keyFile}: the key of the request; ask again with --private-key ${keyFile}`)
}

export const enroll = command({
  name: 'enroll',
  doc: 'Get a certificate from an EST server',
  details: 'While the CA has not decided, a key that was made is kept as FILE.key beside FILE of --out, for --private-key.',
  examples: [
    [
      "est enroll --server 192.0.2.10:8084 --ca ca.pem --user capf --password-file password --subject 'CN=SEP001122334455' --out phone.pem",
      'A new key and its certificate',
    ],
    [
      'est enroll --server 192.0.2.10:8084 --ca ca.pem --certificate mic.pem --csr phone.csr --out lsc.pem',
      'For a request that is there',
    ],
  ],
  options: { ...CONNECTION_OPTIONS, ...REQUEST_OPTIONS, ...WAIT_OPTION, ...OUT_OPTION },
  async run({ options, io }) {
    const { out: file } = required(options, { server: '--server HOST:PORT', out: '--out FILE' })
    mustNotReplace([options.csr, options.ca], file)
    await mustBeWritable(file)
    const { source, keyPair } = await requestOf(options)
    using interruption = new Interruption(io)
    const { signal } = interruption
    using client = await clientOf(options, { signal })
    const enrolled = await client.simpleEnroll(source, { signal, waitMs: options.waitMs }).catch(async error => {
      const isMade = keyPair && options.privateKey === undefined
      if (isMade && file !== '-' && isUndecided(error, options)) await keepKey(keyPair, { file, io })
      throw error
    })
    await leaveCertificate({ enrolled, keyPair, file }, { io, options })
    return undefined
  },
})
