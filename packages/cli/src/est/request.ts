import { isIP } from 'node:net'
import { int, oneOf, optionalText, textList } from '@capfkit/codec/options'
import { type CsrSource, signedCsr } from '@capfkit/est'
import {
  formatKeySpec,
  generateKeyPair,
  type KeyPair,
  keySpecs,
  parseKeySpec,
  parseName,
  pemToDer,
  readPrivateKey,
} from '@capfkit/pki'
import { CliError, MistakesError } from '../errors.ts'
import { readBytes } from '../files.ts'

const MAX_BYTES = 1_048_576

export const WAIT_OPTION = {
  waitMs: int({
    default: 0,
    min: 0,
    max: 31 * 86_400_000,
    unit: 'ms',
    doc: 'How long to go on asking while the CA has not decided. 0: not at all.',
  }),
} as const

export const NEW_KEY_OPTION = {
  newKey: oneOf({ default: 'rsa:2048', values: keySpecs().map(formatKeySpec), doc: 'Kind of the key that is made.' }),
} as const

export const REQUEST_OPTIONS = {
  csr: optionalText({ doc: 'PEM or DER file with a request that is sent as it is. Without it, one is made of --subject.' }),
  subject: optionalText({ doc: "Subject of the request, such as 'CN=SEP001122334455,O=Example'." }),
  dns: textList({ doc: 'DNS name to ask for in the subjectAltName.' }),
  ip: textList({ doc: 'IP address to ask for in the subjectAltName.' }),
  privateKey: optionalText({ doc: 'PEM file with the key to ask for. Without it, one is made.' }),
  ...NEW_KEY_OPTION,
} as const

type RequestOptions = {
  readonly csr: string | undefined
  readonly subject: string | undefined
  readonly dns: readonly string[]
  readonly ip: readonly string[]
  readonly privateKey: string | undefined
  readonly newKey: string
}

const readCsr = async (file: string): Promise<Buffer> => {
  const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
  if (bytes[0] === 0x30) return bytes
  try {
    return pemToDer(bytes, bytes.includes('NEW CERTIFICATE REQUEST') ? 'NEW CERTIFICATE REQUEST' : 'CERTIFICATE REQUEST')[0]!
  } catch (cause) {
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
      where: file,
      detail: 'there is no certificate request in it',
      remedy: 'give a PKCS#10 file, PEM or DER',
      cause,
    })
  }
}

/** What to send, and the key where it is ours. @throws {MistakesError} {CliError} {PkiError} */
export const requestOf = async (options: RequestOptions): Promise<{ source: CsrSource; keyPair?: KeyPair }> => {
  const { csr, subject, dns, ip, privateKey, newKey } = options
  if ((csr === undefined) === (subject === undefined))
    throw new MistakesError(["give --csr FILE, or --subject 'CN=…' for a request to be made (CLI_USAGE)"])
  if (csr !== undefined) {
    if (privateKey !== undefined || dns.length + ip.length > 0)
      throw new MistakesError(['--private-key, --dns and --ip are for a request that is made, not for --csr (CLI_USAGE)'])
    return { source: await readCsr(csr) }
  }
  const noAddresses = ip.filter(address => isIP(address) === 0)
  if (noAddresses.length > 0)
    throw new MistakesError(noAddresses.map(address => `--ip must be an IP address, got ${JSON.stringify(address)} (CLI_USAGE)`))
  const keyPair =
    privateKey === undefined
      ? await generateKeyPair(parseKeySpec(newKey))
      : readPrivateKey(await readBytes(privateKey, { maxBytes: MAX_BYTES }))
  const names = dns.length + ip.length > 0 ? { subjectAltName: { dns: [...dns], ip: [...ip] } } : {}
  return { source: signedCsr({ subject: parseName(subject!), keyPair, ...names }), keyPair }
}
