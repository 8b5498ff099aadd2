import { availableParallelism, hostname } from 'node:os'
import { runFleetWorker, WORKER_OPTIONS } from '@capfkit/fleet'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { note } from '../io.ts'
import { required } from '../required.ts'
import { version } from '../version.ts'

export const worker = command({
  name: 'worker',
  doc: 'Run phones of distributed runs, until SIGTERM or Ctrl-C or for some runs',
  details:
    'Waits for a run that capf fleet run --store postgres://… leads, takes its share of the phones, and reports once a second. When it is stopped, what runs may end, and others take its phones. Any number of workers may come and go while a run goes on.',
  examples: [['fleet worker --store postgres://capf@db/capf', 'Take part in the runs of this database with all cores']],
  options: WORKER_OPTIONS,
  async run({ options, io }) {
    const { store, processes, runs, keyPool, name = hostname().slice(0, 64) } = required(options, { store: '--store postgres://…' })
    using interruption = new Interruption(io)
    await runFleetWorker({
      ...{ store, name, keyPool, runs, version: version(), signal: interruption.signal },
      processes: processes || availableParallelism(),
      onSay: sentence => note(io, sentence),
    })
    return EXIT.pass
  },
})
