import { int, type OptionsOf, optionalText } from '@capfkit/codec/options'

/** What only `capf fleet run` and `resume` with a database as their store know. */
export const COORDINATOR_OPTIONS = {
  workers: int({
    default: 1,
    min: 0,
    max: 10_000,
    unit: 'workers',
    doc: 'With a postgres:// store: wait until so many workers (capf fleet worker) are there, and have them run the phones. 0 runs them on this machine.',
  }),
} as const

export type CoordinatorOptions = OptionsOf<typeof COORDINATOR_OPTIONS>

const STORE = { pattern: /^postgres(?:ql)?:\/\//, range: 'postgres://…' }

export const WORKER_OPTIONS = {
  store: optionalText({
    ...STORE,
    doc: 'The database of the run, postgres://USER@HOST/DATABASE (the password is better in PGPASSWORD): the device store that capf fleet run has. Required.',
  }),
  keyPool: optionalText({
    doc: 'Key pool file (capf keys generate) of this machine, for all runs. Without it a pool of --pool-keys keys of the run is made for each.',
  }),
  processes: int({ default: 0, min: 0, max: 256, unit: 'processes', doc: 'Client processes. 0 means all cores.' }),
  runs: int({
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'runs',
    doc: 'Leave when so many runs are over that it was in. 0 stays until SIGTERM or Ctrl-C.',
  }),
  name: optionalText({
    pattern: /^[\w.:-]{1,64}$/,
    range: '1 to 64 letters, digits, _ . : -',
    doc: 'What the worker is called in the run. The name of the machine without it.',
  }),
} as const

/** Names a run in a store. */
export const STORED_RUN_OPTIONS = {
  store: optionalText({
    ...STORE,
    doc: 'Go on with a distributed run: the database in which it stands. With a folder: the database of its run with the password, which is not kept there.',
  }),
  run: optionalText({ pattern: /^[0-9a-f]{8}$/, range: '8 hex digits', doc: 'Which run of --store. The newest without it.' }),
  out: optionalText({ doc: 'With --store: folder for the files of the run.' }),
  fleet: optionalText({
    doc: 'With --store: the file of the fleet that the run was begun with (capf fleet run --fleet), to keep its phones in.',
  }),
} as const
