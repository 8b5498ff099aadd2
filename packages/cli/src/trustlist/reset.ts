import { optionalText } from '@capfkit/codec/options'
import { parseTrustList } from '@capfkit/codec/tlv'
import { resetTrustList } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { note, painter, print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { SIGNING_OPTIONS } from '../signed-file/options.ts'
import { calledAs, inFile, readFileSigner, readSigned } from '../signed-file/read.ts'
import { listView } from '../signed-file/view.ts'

export const reset = command({
  name: 'reset',
  doc: 'Put a header of the recovery key in front of a list, as utils itl reset does',
  details:
    'Phones that no longer know who signs their lists, but have the recovery certificate in the list that they hold, take the result. The old file stays inside as it was, whoever signed it.',
  examples: [
    ['trustlist reset ITLFile.tlv --sast itlrecovery.pem --out reset/ITLFile.tlv', 'A list for phones that are locked out'],
  ],
  words: { file: { doc: 'CTL or ITL file, - for stdin.' } },
  options: {
    sast: optionalText({ doc: 'PEM file with the recovery certificate and its key. Required.' }),
    out: optionalText({ doc: 'File to write, - for stdout. Required.' }),
    ...SIGNING_OPTIONS,
    ...JSON_OPTION,
  },
  async run({ options, words: { file }, io }) {
    const { sast, out, digest } = required(options, { sast: '--sast FILE', out: '--out FILE' })
    mustNotReplace([file, sast], out)
    const signer = readFileSigner(sast)
    const bytes = await readSigned(file, io)
    const before = inFile(file, () => parseTrustList(bytes))
    if (!signer.isAmong(before.records)) {
      const warning = painter(io.stderr, io)('yellow', 'warning')
      note(
        io,
        `${warning}: ${calledAs(file)}: has no SAST record of ${sast}; phones take the new file only if their own list has one`,
      )
    }
    const data = await resetTrustList(bytes, { signer, digest })
    await writeOutput({ file: out, data, io })
    if (out === '-') return undefined
    const after = parseTrustList(data)
    const [header] = after.headers
    if (options.json) print(io, JSON.stringify({ version: 1, file: out, lengthBytes: data.length, ...listView(after) }))
    else print(io, `wrote ${out}: ${data.length} bytes, HeaderLength ${header.headerLength}, signed by ${header.signer.name}`)
    return undefined
  },
})
