import { readdirSync, readFileSync } from 'node:fs'

/** One element as the recorder's own reader printed it: nothing here comes from our decoder. */
export type RecordedElement = { name: string; tag: number; length: number; value: Buffer }

/** One recorded frame with what its recorder says is in it. */
export type RecordedFrame = {
  direction: 'S>C' | 'C>S'
  command: string
  commandNumber: number
  sessionId: number
  bodyLength: number
  elements: readonly RecordedElement[]
  bytes: Buffer
}

export type RecordedSession = { name: string; frames: readonly RecordedFrame[] }

const vectors = new URL('../../../test-vectors/', import.meta.url)
const HEX_LINE = /^(S>C|C>S) ([A-Z_]+) ([0-9a-f]+)$/
const FRAME_LINE = /^(S>C|C>S) ([A-Z_]+) command=(\d+) session=(\d+) length=(\d+)$/
const ELEMENT_LINE = /^ {4}([A-Z0-9_]+) +tag=(\d+) +len=(\d+) +([0-9a-f]*)$/

const lines = (file: URL) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))

const match = (line: string, pattern: RegExp): string[] => {
  const groups = pattern.exec(line)
  if (!groups) throw new Error(`a recorded line that nothing here can read: ${line.slice(0, 100)}`)
  return groups.slice(1)
}

const readSession = (folder: URL, name: string): RecordedSession => {
  const frames: (Omit<RecordedFrame, 'bytes'> & { elements: RecordedElement[] })[] = []
  for (const line of lines(new URL(`${name}.decoded.txt`, folder))) {
    if (line.startsWith(' ')) {
      const [element, tag, length, hex] = match(line, ELEMENT_LINE)
      frames.at(-1)!.elements.push({ name: element!, tag: Number(tag), length: Number(length), value: Buffer.from(hex!, 'hex') })
      continue
    }
    const [direction, command, number, sessionId, length] = match(line, FRAME_LINE)
    frames.push({
      direction: direction as RecordedFrame['direction'],
      command: command!,
      commandNumber: Number(number),
      sessionId: Number(sessionId),
      bodyLength: Number(length),
      elements: [],
    })
  }
  const recorded = lines(new URL(`${name}.txt`, folder)).map(line => match(line, HEX_LINE))
  if (recorded.length !== frames.length) throw new Error(`${name}: ${recorded.length} frames but ${frames.length} decoded ones`)
  // The two files may order the frames of different directions differently: each direction alone is in order.
  const left = [...frames]
  return {
    name,
    frames: recorded.map(([direction, command, hex]) => {
      const at = left.findIndex(frame => frame.direction === direction)
      const [frame] = left.splice(at, 1)
      if (!frame || frame.command !== command) throw new Error(`${name}: the two files disagree at ${direction} ${command}`)
      return { ...frame, bytes: Buffer.from(hex!, 'hex') }
    }),
  }
}

/** Every recorded session of a protocol, in the order of its file name. */
export const recordedSessions = (protocol = 'capf'): RecordedSession[] => {
  const folder = new URL(`${protocol}/`, vectors)
  return readdirSync(folder)
    .filter(file => file.endsWith('.txt') && !file.endsWith('.decoded.txt'))
    .sort()
    .map(file => readSession(folder, file.replace(/\.txt$/, '')))
}
