import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { DocumentEntry, DocumentNode } from '../options/document.ts'
import { DocumentError, type DocumentPlace } from '../options/errors.ts'

/** What a document may have, aliases written out. */
const MOST = { nodes: 100_000, depth: 32 }

type YamlDocument = ReturnType<typeof parseDocument>

/** Turns the tree of the library into ours. */
class Reading {
  readonly #document: YamlDocument
  readonly #lines: LineCounter
  #nodes = 0

  constructor(document: YamlDocument, lines: LineCounter) {
    this.#document = document
    this.#lines = lines
  }

  place(offset: number | undefined): DocumentPlace {
    const { line, col } = this.#lines.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  #fail(place: DocumentPlace, sentence: string): never {
    throw new DocumentError([{ code: 'CONFIG_SYNTAX', path: '', ...place, sentence }])
  }

  /** @param around  where the node stands when it has no place of its own: an empty value, or an alias. */
  node(given: unknown, { around, depth }: { around: DocumentPlace; depth: number }): DocumentNode {
    const range = (given as { range?: readonly number[] } | null)?.range
    const place = range === undefined || range === null ? around : this.place(range[0])
    if (++this.#nodes > MOST.nodes) this.#fail(place, `has more than ${MOST.nodes} values, aliases written out`)
    if (depth > MOST.depth) this.#fail(place, `is deeper than ${MOST.depth} levels`)
    if (isAlias(given)) {
      const named = given.resolve(this.#document)
      if (named === undefined) this.#fail(place, `*${given.source} stands for nothing: there is no &${given.source} before it`)
      // What is wrong in there is told where it is used.
      return { ...this.node(named, { around: place, depth: depth + 1 }), ...place }
    }
    if (isMap(given))
      return {
        kind: 'map',
        ...place,
        entries: given.items.map(({ key, value }) => this.#entry(key, { value, around: place, depth })),
      }
    if (isSeq(given))
      return { kind: 'list', ...place, items: given.items.map(item => this.node(item, { around: place, depth: depth + 1 })) }
    if (!isScalar(given)) return { kind: 'scalar', ...place, value: null, written: '' }
    return { kind: 'scalar', ...place, value: given.value, written: given.source ?? '' }
  }

  #entry(key: unknown, at: { value: unknown; around: DocumentPlace; depth: number }): DocumentEntry {
    const place = isScalar(key) ? this.place(key.range?.[0]) : at.around
    const written = isScalar(key) ? String(key.source ?? key.value) : this.#fail(place, 'a name must be a single word')
    return { key: written, ...place, value: this.node(at.value, { around: place, depth: at.depth + 1 }) }
  }
}

/**
 * Read YAML 1.2, or JSON, into a tree that knows where everything stands. A name that stands twice is kept twice, for whoever reads
 * the tree to complain.
 *
 * @throws {DocumentError} `CONFIG_SYNTAX` with every mistake: what is no YAML, several documents, more than 100,000 values (aliases
 *   written out) or 32 levels.
 */
export const readYaml = (text: string): DocumentNode => {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' })
  const reading = new Reading(document, lineCounter)
  if (document.errors.length > 0)
    throw new DocumentError(
      document.errors.map(({ pos, message }) => ({
        ...({ code: 'CONFIG_SYNTAX', path: '', sentence: message.replaceAll(/\s+/g, ' ') } as const),
        ...reading.place(pos[0]),
      })),
    )
  return reading.node(document.contents, { around: { line: 1, column: 1 }, depth: 0 })
}
