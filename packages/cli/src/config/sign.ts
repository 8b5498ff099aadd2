import { optionalText } from '@capfkit/codec/options'
import { signFile } from '@capfkit/pki'
import { command } from '../command.ts'
import { print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { readFileSigner, readSigned } from '../signed-file/read.ts'
import { madeFrom, SUFFIXES } from './names.ts'
import { MAKING_OPTIONS, PLAIN_FILE } from './options.ts'

export const sign = command({
  name: 'sign',
  doc: 'Sign a configuration file',
  details: 'A file that is there is replaced when the new one is complete.',
  examples: [['config sign SEP001122334455.cnf.xml --signer tftp.pem', 'Write SEP001122334455.cnf.xml.sgn']],
  words: { file: PLAIN_FILE },
  options: {
    ...MAKING_OPTIONS,
    out: optionalText({ doc: `File to write, - for stdout. Default: the name of the file and ${SUFFIXES.signed}.` }),
  },
  async run({ options, words: { file }, io }) {
    const { signer: signerFile, digest, json } = required(options, { signer: '--signer FILE' })
    const { out, fileName } = madeFrom(file, { ...options, suffix: SUFFIXES.signed })
    mustNotReplace([file, signerFile], out)
    const signer = readFileSigner(signerFile)
    const content = await readSigned(file, io)
    const data = await signFile({ content, fileName, signer, digest, timestamp: io.now() })
    await writeOutput({ file: out, data, io })
    if (out === '-') return undefined
    if (json) print(io, JSON.stringify({ version: 1, file: out, fileName, contentBytes: content.length, lengthBytes: data.length }))
    else print(io, `wrote ${out}: ${content.length} bytes, signed`)
    return undefined
  },
})
