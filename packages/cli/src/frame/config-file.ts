import { CliError } from '../errors.ts'
import { readText } from '../files.ts'
import { tableName } from './names.ts'

/** One value of an option file and where it stands. Numbers keep how they were written: `0012` may be meant as text. */
export type ConfigEntry = { readonly name: string; readonly value: unknown; readonly written: unknown; readonly where: string }

const MAX_BYTES = 1_048_576

/**
 * Read a `--config FILE.yaml`: one flat map, names as in the table or as the flag.
 *
 * @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_CONFIG_SYNTAX` with the line.
 */
export const readConfigFile = async (file: string): Promise<readonly ConfigEntry[]> => {
  const text = await readText(file, { maxBytes: MAX_BYTES })
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const place = (offset: number | undefined) => (offset === undefined ? file : `${file}:${lineCounter.linePos(offset).line}`)
  const [error] = document.errors
  if (error) throw new CliError('CLI_CONFIG_SYNTAX', { where: place(error.pos[0]), detail: error.message })
  if (document.contents === null) return []
  if (!isMap(document.contents)) throw new CliError('CLI_CONFIG_SYNTAX', { where: place(document.contents.range?.[0]) })

  const writtenOf = (node: unknown): unknown => {
    if (isScalar(node)) return typeof node.value === 'number' ? (node.source ?? String(node.value)) : node.value
    return isSeq(node) ? node.items.map(writtenOf) : undefined
  }
  const plainOf = (node: unknown, where: string): unknown => {
    try {
      return node === null ? undefined : (node as { toJS(document: unknown): unknown }).toJS(document)
    } catch (cause) {
      // Aliases of aliases of aliases, or one that stands for nothing.
      throw new CliError('CLI_CONFIG_SYNTAX', { where, detail: cause instanceof Error ? cause.message : String(cause), cause })
    }
  }
  return document.contents.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.source ?? key.value) : String(key)
    const at = isScalar(key) ? key.range?.[0] : undefined
    const where = `${place(at)}: ${name}`
    return { name: tableName(name), value: plainOf(value, where), written: writtenOf(value), where }
  })
}
