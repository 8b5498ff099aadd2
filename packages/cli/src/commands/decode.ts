import { flag } from '@capfkit/codec/options'
import { looksSigned } from '@capfkit/codec/tlv'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { type Explained, explain } from '../decode/explain.ts'
import { candidatesIn } from '../decode/frames.ts'
import { decodeSigned } from '../decode/signed.ts'
import { EXIT } from '../exit-codes.ts'
import { readInput } from '../files.ts'
import { type Io, note, painter, print } from '../io.ts'
import { plain } from '../screen-table.ts'

const MAX_BYTES = 16 * 1_048_576
const NAME_WIDTH = 18
const VALUE_COLUMN = 31

const inBrackets = (remarks: readonly string[]) => (remarks.length === 0 ? '' : `  (${remarks.join('; ')})`)

const show = (io: Io, { where, direction, bytes, name, command, sessionId, remarks, elements, error }: Explained): void => {
  const paint = painter(io.stdout, io)
  const title = command === undefined ? 'not a frame' : (name ?? `command ${command}`)
  const session = sessionId === undefined ? '' : `session ${sessionId}, `
  const head = `${direction === undefined ? '' : `${direction} `}${paint('bold', title)}  ${session}${bytes} bytes`
  print(io, `${head}  ${paint('dim', plain(where))}${inBrackets(remarks)}`)
  for (const { tag, name, length, value, remarks } of elements) {
    const label = (name ?? 'unknown element').padEnd(NAME_WIDTH)
    print(io, `  ${String(tag).padStart(3)} ${label}${String(length).padStart(5)}  ${plain(value.text)}${inBrackets(remarks)}`)
    for (const line of value.more ?? []) print(io, `${' '.repeat(VALUE_COLUMN)}${plain(line)}`)
  }
  if (error) print(io, `  ${paint('red', 'error')}: ${plain(error.sentence)}`)
}

const dataOf = ({ elements, error, ...frame }: Explained) => ({
  ...frame,
  elements: elements.map(({ value, ...element }) => ({ ...element, value: value.data })),
  ...(error ? { error } : {}),
})

const decodeCommand = command({
  name: 'decode',
  doc: 'Show CAPF frames in words',
  details:
    'Reads raw bytes, or text with one frame in hexadecimal a line; "S>C NAME" may stand before it, # begins a comment. ' +
    'Each element is shown with its tag, its length and its value. Of a trust list or signed file the header is shown. Exit code 1 when something is not a CAPF message.',
  examples: [
    ['decode session.txt', 'Frames from a file'],
    ['decode - --json < frames.bin', 'Raw bytes from stdin, one JSON object a frame'],
  ],
  words: { file: { doc: 'File to read, - for stdin.' } },
  options: {
    showSecrets: flag({
      default: false,
      doc: 'Show authentication strings.',
      unsafe: 'whoever reads the output can enrol in the place of the phone',
    }),
    strict: flag({ default: false, doc: 'Elements that a message does not use are errors.' }),
    ...JSON_OPTION,
  },
  async run({ options, words: { file }, io }) {
    const input = await readInput(file, { io, maxBytes: MAX_BYTES })
    const source = file === '-' ? 'stdin' : file
    if (looksSigned(input)) return decodeSigned(io, { bytes: input, source, json: options.json })
    let frames = 0
    let errors = 0
    for (const candidate of candidatesIn(input)) {
      const explained = explain(candidate, options)
      frames++
      if (explained.error) errors++
      if (options.json) print(io, JSON.stringify(dataOf(explained)))
      else show(io, explained)
    }
    if (frames === 0) note(io, `capf: ${source}: there is no frame in it`)
    else if (errors > 0) note(io, `capf: ${source}: ${errors} of ${frames} did not decode`)
    return frames === 0 || errors > 0 ? EXIT.failed : undefined
  },
})

export const commands: readonly [AnyCommand] = [decodeCommand]
