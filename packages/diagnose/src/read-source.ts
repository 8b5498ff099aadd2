import type { Evidence, Source } from './evidence.ts'
import { archiveName } from './input/archives.ts'
import type { InputFile } from './input/input-file.ts'
import { LineSplitter } from './input/lines.ts'
import { LeftOuts, plainBytes } from './input/plain-bytes.ts'
import { type Anchor, detached, literal } from './sighting.ts'
import { type Recognised, RUN_KIND, recognise, UNKNOWN_KIND } from './sources/index.ts'
import { looksLikeRun, RunFile } from './sources/run-file.ts'
import type { LineReader, Witness } from './sources/source-kind.ts'

/** So much of a file decides what it is. */
const SAMPLE_BYTES = 65_536
const SAMPLE_LINES = 400
/** Where nothing is recognised in it, twice as much is looked at, and so on: a log may begin with one endless line. */
const MAX_SAMPLE_BYTES = 4 * 2 ** 20
/** Enough to compare clocks by. */
const MAX_ANCHORS = 20_000
/** A text has no more control characters than that, one in so many. */
const CONTROL_SHARE = 20
const SHORT_LINE = 80

type Reading = { readonly index: number; readonly evidence: Evidence; readonly now: Date }

const witnessOf = (file: InputFile, { index, evidence, now }: Reading) => {
  const anchors: Anchor[] = []
  const leftOuts = new LeftOuts()
  let line = 0
  const witness: Witness = {
    fileName: file.name.slice(Math.max(file.name.lastIndexOf('/'), file.name.lastIndexOf('\\')) + 1),
    now,
    leftOuts,
    sight({ at, device, values = {}, text, ...sighting }) {
      line = sighting.line
      const known = { ...(at === undefined ? {} : { at }), ...(device === undefined ? {} : { device: detached(device) }) }
      evidence.add({ ...sighting, text: literal(text), source: index, values, ...known })
    },
    done: device => evidence.done(detached(device), { source: index, line: line + 1 }),
    reached: (milestone, line) => evidence.reached(milestone, { source: index, line }),
    boot: boot => evidence.boot({ ...boot, text: literal(boot.text), source: index }),
    anchor: anchor => {
      if (anchors.length >= MAX_ANCHORS) return
      const { device } = anchor
      anchors.push(device === undefined ? anchor : { ...anchor, device: detached(device) })
    },
  }
  return { witness, anchors, leftOuts }
}

/** A trace prints a public key as the bytes that it is: a few of them do not make it another file. */
const isBinary = (bytes: Buffer): boolean => {
  let controls = 0
  for (const byte of bytes)
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b && byte !== 0x0c) controls++
  return controls * CONTROL_SHARE > bytes.length
}

const whyNot = (bytes: Buffer): string => {
  const archive = archiveName(bytes)
  return archive === undefined ? 'all of it: binary' : `all of it: an archive (${archive}), unpack it`
}

/** Records that somebody has copied into one line; shorter ones are what they are. */
const recordsOf = (text: string, between: RegExp | undefined): readonly string[] =>
  between === undefined || text.length < SHORT_LINE ? [text] : text.split(between)

/** Feeds lines to a reader that is chosen when the first of them are known. */
class TextSource {
  readonly #witness: Witness
  readonly #splitter: LineSplitter
  #sample: Buffer[] = []
  #sampled = 0
  #enough = SAMPLE_BYTES
  #reader: LineReader | undefined
  recognised: Recognised | undefined
  #isGivenUp = false

  constructor(witness: Witness) {
    this.#witness = witness
    this.#splitter = new LineSplitter({
      take: (bytes, { start, end, number }) => {
        const text = bytes.toString('utf8', start, end)
        for (const record of recordsOf(text, this.recognised?.between)) this.#reader?.line(record, number)
      },
      onCut: number => witness.leftOuts.note('the ends of very long lines', number),
    })
  }

  get lines(): number {
    return this.#splitter.lines
  }

  /** Whether to go on: a file of no known kind is not read to its end. */
  push(chunk: Buffer): boolean {
    if (this.#reader) this.#splitter.push(chunk)
    else if (!this.#isGivenUp) {
      this.#sample.push(chunk)
      this.#sampled += chunk.length
      if (this.#sampled >= this.#enough) this.#choose()
    }
    return !this.#isGivenUp
  }

  end(): void {
    this.#enough = MAX_SAMPLE_BYTES
    if (!this.#reader && !this.#isGivenUp) this.#choose()
    this.#splitter.end()
    this.#reader?.end?.()
  }

  #choose(): void {
    const sample = Buffer.concat(this.#sample)
    if (sample.length === 0) this.#giveUp('the file is empty')
    else if (isBinary(sample.subarray(0, SAMPLE_BYTES))) this.#giveUp(whyNot(sample))
    else {
      const lines = sample
        .toString('utf8')
        .split(/\r?\n/)
        .slice(0, SAMPLE_LINES)
        .map(line => line.slice(0, 2_000))
      this.recognised = recognise(lines)
      if (this.recognised) {
        this.#reader = this.recognised.open(this.#witness)
        this.#splitter.needles = this.#reader.needles
        this.#splitter.push(sample)
      } else if (this.#enough < MAX_SAMPLE_BYTES) {
        this.#enough *= 2
        this.#sample = [sample]
        return
      } else this.#giveUp('all of it: no line of a kind that is known')
    }
    this.#sample = []
  }

  #giveUp(why: string): void {
    this.#isGivenUp = true
    this.#witness.leftOuts.note(why)
  }
}

/** Read one file, whatever it is. Never rejects for what stands in it. */
export const readSource = async (file: InputFile, reading: Reading): Promise<Source> => {
  const { witness, anchors, leftOuts } = witnessOf(file, reading)
  const text = new TextSource(witness)
  let run: RunFile | undefined
  let isFirst = true
  for await (const chunk of plainBytes(file.chunks(), leftOuts)) {
    if (isFirst && looksLikeRun(chunk)) run = new RunFile(witness)
    isFirst = false
    if (!(run ?? text).push(chunk)) break
  }
  if (!run) text.end()
  reading.evidence.forgetContext()
  const { kind, dating, isNoisy, isWholeSeconds = false } = run ? RUN_KIND : (text.recognised ?? UNKNOWN_KIND)
  const lines = run ? run.entries : text.lines
  return { file: file.name, kind, dating, isNoisy, isWholeSeconds, lines, leftOut: leftOuts.all, anchors }
}
