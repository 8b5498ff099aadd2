import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../test-vectors/tlv')

/** The recorded files: lists and signed files by their names, and what another tool prints of each. */
export const RECORDED_LISTS = ['ITLFile', 'CTLFile'] as const
export const RECORDED_SIGNED = ['XMLDefault.cnf.xml.sgn', 'SEP00000000D001.cnf.xml.sgn', 'SEP00000000D001.cnf.xml.enc.sgn'] as const

export const recorded = (name: string): Buffer => readFileSync(join(FOLDER, 'sha1', name))

/** One block a header or record, as `Key: value` lines of the tool that built the file. */
export const recordedParse = (name: string): Record<string, string>[] =>
  recorded(`${name}.parse.txt`)
    .toString('utf8')
    .split('\n\n')
    .map(block => Object.fromEntries([...block.matchAll(/^([A-Z][A-Za-z ]+):\s+(.*)$/gm)].map(([, key, value]) => [key, value])))
    .filter(block => Object.keys(block).length > 0)
