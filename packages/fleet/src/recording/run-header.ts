import type { OptionRow } from '@capfkit/codec/options'
import { RUN_FORMAT, RUN_VERSION, type RunRecord } from '@capfkit/codec/run'
import { formatAddress } from '@capfkit/listen'
import { databaseOf, isDatabase } from '@capfkit/server'
import { FLEET_OPTIONS, type FleetOptions } from '../options.ts'
import { FLEET_PHASES } from '../phases.ts'

/** What an operation may turn out to be; a phone knows it when the server has said it. */
export const OPERATION_NAMES = ['unknown', 'none', 'install', 'delete', 'troubleshoot'] as const

/** The header of the file of a run; that of a part differs in `part`, `process` and `startedMs`. */
export const runHeader = (run: {
  options: FleetOptions
  target: { host: string; port: number }
  phones: number
  processes: number
  phases: readonly { name: string; total: number | undefined }[]
  /** How often the run had been resumed. */
  generation: number
}): RunRecord<'Header'> => {
  const { options, target, phones, processes, phases, generation } = run
  return {
    format: RUN_FORMAT,
    version: RUN_VERSION,
    startedMs: performance.timeOrigin + performance.now(),
    part: 'run',
    process: 0,
    processes,
    seed: options.seed,
    options: Object.entries<OptionRow>(FLEET_OPTIONS).flatMap(([name, { secret }]) => {
      const given = options[name as keyof FleetOptions]
      const value = name === 'store' && isDatabase(String(given)) ? databaseOf(String(given)) : given
      return secret || value === undefined ? [] : [{ name, value: JSON.stringify(value) }]
    }),
    target: formatAddress(target),
    phones,
    // 0 where it depends on the server how many there are.
    rounds: phases.map(({ name, total = 0 }) => ({ operation: name, total })),
    phases: [...FLEET_PHASES],
    operations: [...OPERATION_NAMES],
    ...(generation > 0 ? { generation } : {}),
  }
}
