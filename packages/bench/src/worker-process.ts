import { runFleetWorker } from '@capfkit/fleet'

/** The program of a worker that is measured. Not to be run by hand. */
process.once('message', async (init: { store: string; processes: number; name: string; version: string }) => {
  await runFleetWorker({ ...init, signal: new AbortController().signal })
})
