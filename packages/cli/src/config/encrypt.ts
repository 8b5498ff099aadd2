import { randomBytes } from 'node:crypto'
import { optionalText } from '@capfkit/codec/options'
import { certifiedKey, encryptFile, publicKeySpec } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import { command } from '../command.ts'
import { CliError } from '../errors.ts'
import { print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { readFileSigner, readSigned } from '../signed-file/read.ts'
import { madeFrom, SUFFIXES } from './names.ts'
import { MAKING_OPTIONS, PLAIN_FILE } from './options.ts'

/** The first certificate of a file: only an RSA key can open what is encrypted for it. */
const rsaCertificate = async (file: string): Promise<Buffer> => {
  const [der] = await certificatesIn(file)
  if (publicKeySpec(certifiedKey(der!)).type === 'rsa') return der!
  throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
    where: file,
    detail: 'the key of this phone is EC, and only RSA keys can decrypt configuration files',
    remedy: 'give a certificate of the phone with an RSA key, or sign the file only',
  })
}

export const encrypt = command({
  name: 'encrypt',
  doc: 'Encrypt a configuration file for one phone, and sign it',
  details: 'A file that is there is replaced when the new one is complete.',
  examples: [
    [
      'config encrypt SEP001122334455.cnf.xml --signer tftp.pem --phone-certificate SEP001122334455.pem',
      'Write SEP001122334455.cnf.xml.enc.sgn',
    ],
  ],
  words: { file: PLAIN_FILE },
  options: {
    phoneCertificate: optionalText({ doc: 'PEM or DER file with the certificate of the phone, RSA: its LSC or MIC. Required.' }),
    ...MAKING_OPTIONS,
    out: optionalText({ doc: `File to write, - for stdout. Default: the name of the file and ${SUFFIXES.encrypted}.` }),
  },
  async run({ options, words: { file }, io }) {
    const flags = { signer: '--signer FILE', phoneCertificate: '--phone-certificate FILE' } as const
    const { signer: signerFile, phoneCertificate, digest, json } = required(options, flags)
    const { out, fileName } = madeFrom(file, { ...options, suffix: SUFFIXES.encrypted })
    mustNotReplace([file, signerFile, phoneCertificate], out)
    const signer = readFileSigner(signerFile)
    const phoneCertificateDer = await rsaCertificate(phoneCertificate)
    const content = await readSigned(file, io)
    const data = await encryptFile({
      content,
      fileName,
      signer,
      digest,
      timestamp: io.now(),
      phoneCertificateDer,
      randomBytes,
    })
    await writeOutput({ file: out, data, io })
    if (out === '-') return undefined
    if (json) print(io, JSON.stringify({ version: 1, file: out, fileName, contentBytes: content.length, lengthBytes: data.length }))
    else print(io, `wrote ${out}: ${content.length} bytes, encrypted and signed`)
    return undefined
  },
})
