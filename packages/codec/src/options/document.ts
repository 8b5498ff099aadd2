import type { ConfigErrorCode, DocumentPlace, DocumentProblem } from './errors.ts'
import { nearest } from './nearest.ts'
import { complaint } from './parse.ts'
import type { OptionRow } from './rows.ts'
import {
  type DocumentRow,
  type DocumentTable,
  isOption,
  type ManyRow,
  type NamedRow,
  type SectionRow,
  type ValuesOf,
} from './sections.ts'

/** One name of a document with its value; the place is that of the name. */
export type DocumentEntry = DocumentPlace & { readonly key: string; readonly value: DocumentNode }

/** A value of a document and where it stands, as a reader of YAML or JSON makes it. `written`: as it stands there, `0012` for 12. */
export type DocumentNode = DocumentPlace &
  (
    | { readonly kind: 'scalar'; readonly value: unknown; readonly written: string }
    | { readonly kind: 'list'; readonly items: readonly DocumentNode[] }
    | { readonly kind: 'map'; readonly entries: readonly DocumentEntry[] }
  )

/** Where the reader is, and what is called so. */
type At = { readonly path: string; readonly place: DocumentPlace }

const under = ({ path }: At, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Marks a value that is wrong, and was complained of. */
const WRONG = Symbol('wrong')

/** `retry-interval-ms` is what flags are called. */
const asName = (key: string) => key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const KINDS = { scalar: 'a single value', list: 'a list', map: 'names with values' } as const

/** A node as plain data; text where the row wants text. */
const plainOf = (node: DocumentNode, row: OptionRow): unknown => {
  if (node.kind === 'list') return node.items.map(item => plainOf(item, row))
  if (node.kind === 'map') return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value, row)]))
  const wantsText = row.kind === 'string' || row.kind === 'list'
  return wantsText && typeof node.value !== 'boolean' ? node.written : node.value
}

/** Walks rows and nodes side by side and keeps every complaint. */
class DocumentReader {
  readonly problems: DocumentProblem[] = []

  #complain(code: ConfigErrorCode, { path, place }: At, sentence: string): typeof WRONG {
    const { line, column } = place
    this.problems.push({ code, path, line, column, sentence: path === '' ? sentence : `${path} ${sentence}` })
    return WRONG
  }

  read(row: DocumentRow, node: DocumentNode | undefined, at: At): unknown {
    if (isOption(row)) return this.#option(row, node, at)
    if (node === undefined && row.optional) return undefined
    if (node?.kind === 'scalar' && row.short) return this.#option(row.short, node, at)
    if (row.kind === 'section') return this.#section(row, node, at)
    if (node === undefined) return row.kind === 'many' ? [] : {}
    return row.kind === 'many' ? this.#many(row, node, at) : this.#named(row, node, at)
  }

  #option(row: OptionRow, node: DocumentNode | undefined, at: At): unknown {
    if (node?.kind === 'scalar' && node.written === '' && node.value === null)
      return this.#complain('CONFIG_MISSING', at, 'has no value')
    const value = node === undefined ? undefined : plainOf(node, row)
    const result = row.schema.safeParse(value)
    if (result.success) return result.data
    if (node === undefined) return this.#complain('CONFIG_MISSING', at, `is needed: ${row.doc.replace(/\.$/, '')}`)
    const { code, sentence } = complaint({ name: at.path, row, value, issues: result.error.issues })
    return this.#complain(code, at, sentence.slice(at.path.length + 1))
  }

  #wrongKind(wanted: string, node: DocumentNode, at: At): typeof WRONG {
    if (node.kind === 'scalar' && node.written === '') return this.#complain('CONFIG_MISSING', at, 'has no value')
    const got = node.kind === 'scalar' ? JSON.stringify(node.written) : KINDS[node.kind]
    return this.#complain('CONFIG_WRONG_TYPE', at, `must be ${wanted}, got ${got}`)
  }

  /** The entries by the name that the table has for them; others and second ones are complained of. */
  #entriesOf(
    node: DocumentNode & { kind: 'map' },
    { names, at }: { names: readonly string[]; at: At },
  ): Map<string, DocumentEntry> {
    const entries = new Map<string, DocumentEntry>()
    for (const entry of node.entries) {
      const name = names.includes(entry.key) ? entry.key : asName(entry.key)
      const here = { path: under(at, entry.key), place: entry }
      const first = entries.get(name)
      if (!names.includes(name)) {
        const near = nearest(entry.key, names)
        this.#complain(
          'CONFIG_UNKNOWN',
          here,
          `is not known here; ${near ? `did you mean ${near}?` : `known are ${names.join(', ')}`}`,
        )
      } else if (first) this.#complain('CONFIG_TWICE', here, `stands in line ${first.line} already`)
      else entries.set(name, entry)
    }
    return entries
  }

  #section(row: SectionRow, node: DocumentNode | undefined, at: At): unknown {
    if (node && node.kind !== 'map') return this.#wrongKind(row.short?.range ?? KINDS.map, node, at)
    const { values, wrong } = this.readSection(row, node, at)
    return wrong ? WRONG : values
  }

  /** The values that are right, and whether some are not. */
  readSection(row: SectionRow, node: (DocumentNode & { kind: 'map' }) | undefined, at: At) {
    const before = this.problems.length
    const entries = node ? this.#entriesOf(node, { names: Object.keys(row.rows), at }) : new Map<string, DocumentEntry>()
    const hasUnknown = this.problems.length > before
    const values: Record<string, unknown> = {}
    for (const [name, inner] of Object.entries(row.rows)) {
      const entry = entries.get(name)
      const value = this.read(inner, entry?.value, { path: under(at, name), place: entry ?? at.place })
      if (value !== WRONG) values[name] = value
    }
    const given = new Set(entries.keys())
    for (const rule of row.rules ?? []) {
      const culprit = rule.of.map(name => entries.get(name)).find(entry => entry !== undefined)
      // What seems to be missing may be what was misspelt.
      const isMeant = culprit !== undefined || !hasUnknown
      const sentence = isMeant && rule.of.every(name => Object.hasOwn(values, name)) ? rule.wrong(values, given) : undefined
      if (sentence !== undefined) this.#complain('CONFIG_CONTRADICTION', { path: at.path, place: culprit ?? at.place }, sentence)
    }
    return { values, wrong: this.problems.length > before, entries }
  }

  #many(row: ManyRow, node: DocumentNode, at: At): unknown {
    if (node.kind !== 'list') return this.#wrongKind(KINDS.list, node, at)
    if (node.items.length > row.most)
      return this.#complain('CONFIG_OUT_OF_RANGE', at, `must be at most ${row.most}, got ${node.items.length}`)
    const before = this.problems.length
    const values = node.items.map((item, index) => this.read(row.item, item, { path: `${at.path}[${index}]`, place: item }))
    if (row.unique !== undefined) this.#findTwins(row.unique, node, at)
    return this.problems.length > before ? WRONG : values
  }

  /** What two items say of a key that tells them apart. */
  #findTwins(key: string, { items }: DocumentNode & { kind: 'list' }, at: At): void {
    const first = new Map<string, DocumentPlace>()
    for (const [index, item] of items.entries()) {
      const entry = item.kind === 'map' ? item.entries.find(entry => entry.key === key) : undefined
      if (entry?.value.kind !== 'scalar') continue
      const { written } = entry.value
      const twin = first.get(written)
      const here = { path: `${at.path}[${index}].${key}`, place: entry }
      if (twin) this.#complain('CONFIG_TWICE', here, `is ${JSON.stringify(written)}, as in line ${twin.line} already`)
      else if (written !== '') first.set(written, entry)
    }
  }

  #named(row: NamedRow, node: DocumentNode, at: At): unknown {
    if (node.kind !== 'map') return this.#wrongKind(row.short?.range ?? KINDS.map, node, at)
    const before = this.problems.length
    const values: Record<string, unknown> = {}
    for (const [name, entry] of this.#entriesOf(node, { names: row.names, at }))
      values[name] = this.read(row.item, entry.value, { path: under(at, name), place: entry })
    if (this.problems.length > before) return WRONG
    const sentence = row.wrong?.(values)
    return sentence === undefined ? values : this.#complain('CONFIG_CONTRADICTION', at, sentence)
  }
}

/** What could be read of a document: everything that is right, every mistake, and where each name at its top stands. */
export type DocumentReading<T> = {
  /** Without what is wrong. */
  readonly values: Partial<ValuesOf<T>>
  readonly problems: readonly DocumentProblem[]
  readonly places: ReadonlyMap<string, DocumentPlace>
}

/** Read a document and go on behind each mistake, for a caller who has more to check. An empty one is one of defaults. */
export const examineDocument = <T extends DocumentTable>(row: SectionRow<T>, node: DocumentNode): DocumentReading<T> => {
  const reader = new DocumentReader()
  const at = { path: '', place: { line: 1, column: 1 } }
  const isEmpty = node.kind === 'scalar' && node.written === ''
  if (node.kind !== 'map' && !isEmpty) {
    reader.read(row, node, at)
    return { values: {}, problems: reader.problems, places: new Map() }
  }
  const { values, entries } = reader.readSection(row, node.kind === 'map' ? node : undefined, at)
  return { values: values as Partial<ValuesOf<T>>, problems: reader.problems, places: entries }
}
