import { DocumentError, type DocumentNode } from '@capfkit/codec/options'
import { CliError } from '../errors.ts'
import { readText } from '../files.ts'
import { tableName } from './names.ts'

/** One value of an option file and where it stands. Numbers keep how they were written: `0012` may be meant as text. */
export type ConfigEntry = { readonly name: string; readonly value: unknown; readonly written: unknown; readonly where: string }

const MAX_BYTES = 1_048_576

const readDocument = async (file: string): Promise<DocumentNode> => {
  const text = await readText(file, { maxBytes: MAX_BYTES })
  const { readYaml } = await import('@capfkit/codec/yaml')
  try {
    return readYaml(text)
  } catch (error) {
    const [first] = error instanceof DocumentError ? error.problems : []
    if (!first) throw error
    throw new CliError('CLI_CONFIG_SYNTAX', { where: `${file}:${first.line}`, detail: first.sentence, cause: error })
  }
}

const writtenOf = (node: DocumentNode): unknown => {
  if (node.kind === 'scalar') return typeof node.value === 'number' ? node.written : node.value
  return node.kind === 'list' ? node.items.map(writtenOf) : undefined
}

const plainOf = (node: DocumentNode): unknown => {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]))
}

/**
 * Read a `--config FILE.yaml`: one flat map, names as in the table or as the flag.
 *
 * @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_CONFIG_SYNTAX` with the line.
 */
export const readConfigFile = async (file: string): Promise<readonly ConfigEntry[]> => {
  const node = await readDocument(file)
  if (node.kind === 'scalar' && node.written === '') return []
  if (node.kind !== 'map') throw new CliError('CLI_CONFIG_SYNTAX', { where: `${file}:${node.line}` })
  const lineOf = new Map<string, number>()
  return node.entries.map(({ key, value, line }) => {
    const where = `${file}:${line}`
    const earlier = lineOf.get(key)
    if (earlier !== undefined)
      throw new CliError('CLI_CONFIG_SYNTAX', { where, detail: `${key} stands in line ${earlier} already` })
    lineOf.set(key, line)
    return { name: tableName(key), value: plainOf(value), written: writtenOf(value), where: `${where}: ${key}` }
  })
}
