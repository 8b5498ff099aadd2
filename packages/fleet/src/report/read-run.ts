import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type EntryKind, type RunEntry, RunError, RunReader, type RunRecord } from '@capfkit/codec/run'
import { type RunFileName, readRunFileName, runFileName } from '../recording/file-names.ts'

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

/** A run from its start to its end or to where it was stopped or killed: one more for each time that it was resumed. */
export type Generation = {
  header: RunRecord<'Header'>
  roundEnds: readonly RunRecord<'RoundEnd'>[]
  /** Rounds of which everything was ordered, by number. */
  ordered: readonly number[]
  recovered: readonly RunRecord<'Recovered'>[]
  /** One that was killed has none. */
  footer: RunRecord<'Footer'> | undefined
  parts: readonly string[]
}

/** The files of a run. The first generation says what was to be done, the last how it ended. */
export type RunFiles = { readonly folder: string; readonly generations: readonly [Generation, ...Generation[]] }

const namesIn = async (folder: string): Promise<RunFileName[]> => {
  try {
    return (await readdir(folder)).flatMap(name => readRunFileName(name) ?? [])
  } catch (cause) {
    throw new RunError('RUN_INCOMPLETE', { where: folder, cause, detail: (cause as Error).message })
  }
}

const ofKind = <K extends EntryKind>(entries: readonly RunEntry[], kind: K) =>
  entries.filter((entry): entry is RunEntry & { kind: K } => entry.kind === kind)

const readGeneration = async (folder: string, { lead, parts }: { lead: RunFileName; parts: readonly RunFileName[] }) => {
  const all: RunEntry[] = []
  const { header } = await readFile(join(folder, runFileName(lead)), entries => all.push(...entries))
  const footer = ofKind(all, 'footer').at(-1)
  if (footer && parts.length !== header.processes) {
    const detail = `${parts.length} of ${header.processes} parts are there`
    throw new RunError('RUN_INCOMPLETE', { where: folder, detail })
  }
  return {
    header,
    roundEnds: ofKind(all, 'roundEnd'),
    ordered: ofKind(all, 'ordered').map(({ round }) => round),
    recovered: ofKind(all, 'recovered'),
    footer,
    parts: parts.toSorted((a, b) => a.process - b.process).map(part => join(folder, runFileName(part))),
  }
}

/** A process that was killed before it wrote anything. */
const isEmpty = (error: unknown) => error instanceof RunError && error.code === 'RUN_NOT_A_RUN' && error.offset === 0

/**
 * Find the files of a run, and read those of the run itself.
 *
 * @throws {RunError} `RUN_INCOMPLETE` when there is none, or a run that ended in order lacks a part; `RUN_NOT_A_RUN` and the others
 *   for a file that cannot be read.
 */
export const findRun = async (folder: string): Promise<RunFiles> => {
  const names = await namesIn(folder)
  const generations: Generation[] = []
  for (const lead of names.filter(({ part }) => part === 'run').toSorted((a, b) => a.generation - b.generation)) {
    const parts = names.filter(({ part, generation }) => part === 'client' && generation === lead.generation)
    try {
      generations.push(await readGeneration(folder, { lead, parts }))
    } catch (error) {
      if (lead.generation === 0 || !isEmpty(error)) throw error
    }
  }
  const [first, ...others] = generations
  if (!first || (first.header.generation ?? 0) > 0)
    throw new RunError('RUN_INCOMPLETE', {
      where: folder,
      detail: `there is no ${runFileName({ part: 'run', process: 0, generation: 0 })}`,
    })
  return { folder, generations: [first, ...others] }
}

/** All that the processes of one generation recorded, part by part. @returns bytes of torn last entries. @throws {RunError} */
const readGenerationParts = async ({ parts, footer }: Generation, hear: Hear): Promise<number> => {
  let torn = 0
  for (const part of parts) {
    try {
      torn += (await readFile(part, hear)).tornBytes
    } catch (error) {
      if (footer || !isEmpty(error)) throw error
    }
  }
  return torn
}

/**
 * All that the processes recorded, generation by generation and part by part.
 *
 * @returns how many bytes of torn last entries there are in all of them.
 * @throws {RunError} also `RUN_TOO_LARGE`.
 */
export const readParts = async ({ folder, generations }: RunFiles, hear: Hear): Promise<number> => {
  let torn = 0
  let entriesRead = 0
  for (const generation of generations) {
    torn += await readGenerationParts(generation, (entries, header) => {
      entriesRead += entries.length
      if (entriesRead > MOST_OPERATIONS) throw new RunError('RUN_TOO_LARGE', { where: folder })
      hear(entries, header)
    })
  }
  return torn
}
