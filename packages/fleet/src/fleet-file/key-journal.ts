import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { JournaledKey } from './kept.ts'

/** Each field behind its length, two bytes. */
const encode = ({ deviceName, model, publicKeyDer, privateKeyDer }: JournaledKey): Buffer =>
  Buffer.concat(
    [Buffer.from(deviceName), Buffer.from(model), publicKeyDer, privateKeyDer].flatMap(field => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(field.length)
      return [length, field]
    }),
  )

/** As far as entries are whole: the last one may have been cut by whatever killed its writer. */
function* decode(bytes: Buffer): Iterable<JournaledKey> {
  for (let at = 0; ; ) {
    const fields: Buffer[] = []
    for (let field = 0; field < 4; field++) {
      if (at + 2 > bytes.length) return
      const end = at + 2 + bytes.readUInt16BE(at)
      if (end > bytes.length) return
      fields.push(bytes.subarray(at + 2, end))
      at = end
    }
    const [name, model, publicKeyDer, privateKeyDer] = fields as [Buffer, Buffer, Buffer, Buffer]
    yield { deviceName: name.toString(), model: model.toString(), publicKeyDer, privateKeyDer }
  }
}

const NAMES = ['a', 'b'] as const

/**
 * The keys of the last second or so, written in the moment in which they are made: a generator that is killed loses none, and a
 * certificate that the server issues meanwhile finds its key. Two files take turns: what is in one of them is in the database
 * before it is used again.
 */
export class KeyJournal implements Disposable {
  readonly #files: readonly string[]
  readonly #descriptors: readonly number[]
  #turn = 0

  /** @param place.process  which of the processes that share the database. */
  constructor({ file, process }: { file: string; process: number }) {
    this.#files = NAMES.map(name => `${file}-keys-${process}${name}`)
    for (const name of this.#files) writeFileSync(name, '', { mode: 0o600 })
    // What is written goes to the end, which is the beginning again after each turn.
    this.#descriptors = this.#files.map(name => openSync(name, 'a'))
  }

  add(key: JournaledKey): void {
    writeSync(this.#descriptors[this.#turn]!, encode(key))
  }

  /** What was added up to now is about to be written to the database, and what was added before the last turn is there. */
  turn(): void {
    this.#turn = 1 - this.#turn
    ftruncateSync(this.#descriptors[this.#turn]!)
  }

  /** Everything is in the database. */
  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors) closeSync(descriptor)
    for (const file of this.#files) rmSync(file, { force: true })
  }
}

const journalsOf = (file: string): string[] => {
  const prefix = `${basename(file)}-keys-`
  return readdirSync(dirname(file))
    .flatMap(name => (name.startsWith(prefix) ? [join(dirname(file), name)] : []))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
}

/**
 * What processes that were killed have left beside this database, the newest last; it is removed when it is in the database.
 *
 * @param into.take  has one key.
 * @param into.keep  has had all of them.
 */
export const takeJournals = (file: string, into: { take: (key: JournaledKey) => void; keep: () => void }): void => {
  const journals = journalsOf(file)
  for (const journal of journals) for (const key of decode(readFileSync(journal))) into.take(key)
  into.keep()
  for (const journal of journals) rmSync(journal)
}
