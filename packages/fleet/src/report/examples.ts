import { DecodeError, FrameReader } from '@capfkit/codec/capf'
import type { RunRecord } from '@capfkit/codec/run'
import type { Example, ExampleFrame, FailureExamples } from './run-report.ts'

const MOST_REASONS = 50
const MOST_EACH = 3

/** The writes of both sides as frames, those that are none as what they are. */
const framesOf = (writes: readonly RunRecord<'Bytes'>[]): ExampleFrame[] => {
  const readers = { server: new FrameReader(), client: new FrameReader() }
  return writes.map(({ fromClient, atMs, data }) => {
    const from = fromClient ? 'client' : 'server'
    const bytes = Buffer.from(data)
    let name: string
    try {
      name =
        readers[from]
          .push(bytes)
          .map(message => message.name)
          .join(', ') || 'part of a frame'
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      name = `no frame: ${error.code}`
      readers[from] = new FrameReader()
    }
    return { from, atMs: Math.round(atMs * 1000) / 1000, name, hex: bytes.toString('hex') }
  })
}

/** Keeps the first few operations of each way to fail. */
export class ExampleCollection {
  readonly #kept = new Map<string, FailureExamples>()

  add(operation: RunRecord<'Operation'>, atSeconds: number): void {
    const { failure, deviceName, round } = operation
    if (!failure) return
    const { side, phase, reason, detail, frames } = failure
    const key = `${side} ${phase} ${reason}`
    const kept = this.#kept.get(key) ?? { side, phase, reason, examples: [] }
    if (kept.examples.length >= MOST_EACH || (kept.examples.length === 0 && this.#kept.size >= MOST_REASONS)) return
    this.#kept.set(key, kept)
    const example: Example = { deviceName, round, atSeconds: Math.round(atSeconds * 1000) / 1000, detail, frames: framesOf(frames) }
    kept.examples.push(example)
  }

  get all(): FailureExamples[] {
    return [...this.#kept.values()]
  }
}
