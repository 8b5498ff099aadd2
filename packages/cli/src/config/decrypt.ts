import { optionalText } from '@capfkit/codec/options'
import { checkSignedFile, decryptFile, readPrivateKey } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readBytes } from '../files.ts'
import { note, print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { findingData, warnOf } from '../signed-file/findings.ts'
import { JUDGING_OPTIONS, timeToJudgeBy } from '../signed-file/options.ts'
import { calledAs, inFile, MAX_FILE_BYTES, nameOf, readSigned, readSigners } from '../signed-file/read.ts'
import { plainName } from './names.ts'

const readKey = async (file: string) => {
  const bytes = await readBytes(file, { maxBytes: MAX_FILE_BYTES })
  try {
    return readPrivateKey(bytes).privateKey
  } catch (cause) {
    const remedy = 'give a PEM file with the private key of the phone'
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', { where: file, detail: (cause as Error).message, remedy, cause })
  }
}

export const decrypt = command({
  name: 'decrypt',
  doc: 'Decrypt a configuration file with the key of its phone',
  details:
    'The plain file is readable by its owner only, and is written when its digest fits. With --signer the signature must be good, too.',
  examples: [
    [
      'config decrypt SEP001122334455.cnf.xml.enc.sgn --key SEP001122334455.pem --signer ITLFile.tlv',
      'Write SEP001122334455.cnf.xml',
    ],
  ],
  words: { file: { doc: 'File that ends in .enc.sgn, - for stdin.' } },
  options: {
    key: optionalText({ doc: 'PEM file with the private key of the phone; a certificate may stand beside it. Required.' }),
    out: optionalText({ doc: 'File to write, - for stdout. Default: the name of the file without .enc.sgn.' }),
    ...JUDGING_OPTIONS,
    ...JSON_OPTION,
  },
  async run({ options, words: { file }, io }) {
    const { key: keyFile } = required(options, { key: '--key FILE' })
    const out = options.out ?? plainName(file)
    mustNotReplace([file, keyFile, ...options.signer], out)
    const time = timeToJudgeBy(options.at, io)
    const signers = await readSigners(options.signer)
    const privateKey = await readKey(keyFile)
    const bytes = await readSigned(file, io)
    const isJudged = options.signer.length > 0
    const fileName = nameOf(file)
    const named = fileName === undefined ? {} : { fileName }
    const { ok, findings } = inFile(file, () => checkSignedFile(bytes, { ...time, signers, ...named }))
    if (isJudged) warnOf(io, calledAs(file), { findings })
    else note(io, `${calledAs(file)}: the signature is not looked at, see --signer`)
    if (isJudged && !ok) {
      if (options.json) print(io, JSON.stringify({ version: 1, file, ok, findings: findingData(findings) }))
      else note(io, `capf: ${calledAs(file)}: nothing is written: the signature is not good`)
      return EXIT.failed
    }
    const data = decryptFile(bytes, privateKey)
    await writeOutput({ file: out, data, io, isPrivate: true })
    if (out === '-') return undefined
    if (options.json) print(io, JSON.stringify({ version: 1, file: out, contentBytes: data.length, verified: isJudged }))
    else print(io, `wrote ${out}: ${data.length} bytes, decrypted`)
    return undefined
  },
})
