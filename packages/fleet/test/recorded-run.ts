import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EntryKind, type RunEntry, RunReader } from '@capfkit/codec/run'

/** All entries of the files of a run, by file. */
export const entriesOf = (folder: string): Record<string, RunEntry[]> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter(name => name.endsWith('.capfrun'))
      .map(name => {
        const reader = new RunReader(name)
        const entries = reader.push(readFileSync(join(folder, name)))
        reader.end()
        return [name, entries]
      }),
  )

export const ofKind = <K extends EntryKind>(entries: readonly RunEntry[], kind: K) =>
  entries.filter((entry): entry is RunEntry & { kind: K } => entry.kind === kind)
