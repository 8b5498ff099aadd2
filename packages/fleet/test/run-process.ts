import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunEntry, RunReader } from '@capfkit/codec/run'
import type { FleetOptions } from '../src/index.ts'
import { ofKind } from './recorded-run.ts'

const index = new URL('../src/index.ts', import.meta.url).href

export type RunProcess = { options: Partial<FleetOptions>; shell?: string }

/** A run in a process of its own, in a group with its children, so that all of it can be killed at once. */
export const startRun = (folder: string, { options, shell = 'exec "$@"' }: RunProcess) => {
  const program = `
    import { runFleet } from '${index}'
    const { verdict, because, stopped, done } = await runFleet({ options: ${JSON.stringify(options)} })
    console.log(JSON.stringify({ verdict, because, stopped, done }))`
  const file = join(folder, 'run.mjs')
  writeFileSync(file, program)
  return spawn('bash', ['-c', shell, 'bash', process.execPath, file], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What is in a file so far. */
export const entriesSoFar = (file: string): RunEntry[] => (existsSync(file) ? new RunReader(file).push(readFileSync(file)) : [])

/** The operations that are in the file of a process so far. */
export const recorded = (file: string): (RunEntry & { kind: 'operation' })[] => ofKind(entriesSoFar(file), 'operation')
