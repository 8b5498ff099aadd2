import { createReadStream, type Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunEntry, RunError, RunReader, type RunRecord } from '@capfkit/codec/run'
import { isRunFile, RUN_FILE } from '../recording/run-header.ts'

/** More operations than a report keeps two numbers each of. */
export const MOST_OPERATIONS = 20_000_000

/** Hears the entries of one file, batch by batch, after its header. */
export type Hear = (entries: readonly RunEntry[], header: RunRecord<'Header'>) => void

/** A file from its start to its end. @returns how many bytes of a torn last entry there are. */
const readFile = async (file: string, hear: Hear): Promise<{ header: RunRecord<'Header'>; tornBytes: number }> => {
  const reader = new RunReader(file)
  try {
    for await (const chunk of createReadStream(file)) {
      const entries = reader.push(chunk as Buffer)
      if (reader.header) hear(entries, reader.header)
    }
  } catch (cause) {
    if (cause instanceof RunError) throw cause
    throw new RunError('RUN_INCOMPLETE', { where: file, cause, detail: (cause as Error).message })
  }
  const { tornBytes } = reader.end()
  return { header: reader.header!, tornBytes }
}

/** The file of the run itself: what was to be done, and how it ended. */
export type RunLead = {
  header: RunRecord<'Header'>
  roundEnds: readonly RunRecord<'RoundEnd'>[]
  /** A run that was killed has none. */
  footer: RunRecord<'Footer'> | undefined
}

export type RunFiles = { lead: RunLead; parts: readonly string[] }

const namesIn = async (folder: string): Promise<Dirent[]> => {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw new RunError('RUN_INCOMPLETE', { where: folder, cause, detail: (cause as Error).message })
  }
}

/**
 * Find the files of a run, and read the one of the run itself.
 *
 * @throws {RunError} `RUN_INCOMPLETE` when there is none, or a run that ended in order lacks a part; `RUN_NOT_A_RUN` and the others
 *   for a file that cannot be read.
 */
export const findRun = async (folder: string): Promise<RunFiles> => {
  const names = (await namesIn(folder)).flatMap(({ name }) => (isRunFile(name) ? [name] : []))
  if (!names.includes(RUN_FILE)) throw new RunError('RUN_INCOMPLETE', { where: folder, detail: `there is no ${RUN_FILE}` })
  const roundEnds: RunRecord<'RoundEnd'>[] = []
  let footer: RunRecord<'Footer'> | undefined
  const { header } = await readFile(join(folder, RUN_FILE), entries => {
    for (const entry of entries) {
      if (entry.kind === 'roundEnd') roundEnds.push(entry)
      if (entry.kind === 'footer') footer = entry
    }
  })
  const parts = names.filter(name => name !== RUN_FILE).sort()
  if (footer && parts.length !== header.processes) {
    const detail = `${parts.length} of ${header.processes} parts are there`
    throw new RunError('RUN_INCOMPLETE', { where: folder, detail })
  }
  return { lead: { header, roundEnds, footer }, parts: parts.map(name => join(folder, name)) }
}

/**
 * All that the processes recorded, part by part.
 *
 * @returns how many bytes of torn last entries there are in all of them.
 * @throws {RunError} also `RUN_TOO_LARGE`.
 */
export const readParts = async ({ lead, parts }: RunFiles, hear: Hear): Promise<number> => {
  let torn = 0
  let operations = 0
  for (const part of parts) {
    try {
      const { tornBytes } = await readFile(part, (entries, header) => {
        operations += entries.length
        if (operations > MOST_OPERATIONS) throw new RunError('RUN_TOO_LARGE', { where: part })
        hear(entries, header)
      })
      torn += tornBytes
    } catch (error) {
      // A process that was killed before it wrote anything.
      if (lead.footer || !(error instanceof RunError && error.code === 'RUN_NOT_A_RUN' && error.offset === 0)) throw error
    }
  }
  return torn
}
