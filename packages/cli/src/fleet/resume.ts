import { COORDINATOR_OPTIONS, resumeDistributed, resumeFleet, STORED_RUN_OPTIONS } from '@capfkit/fleet'
import { command } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { ownOptions } from '../own-options.ts'
import { version } from '../version.ts'
import { LIVE_OPTIONS } from './live/options.ts'
import { showRun } from './run.ts'

export const resume = command({
  name: 'resume',
  doc: 'Go on with a run that was stopped or killed',
  details:
    'No device is done twice, and none is left out: what ended is on record, and of what was under way in a crash the device store says whether it is done. The summary is that of the whole run. A distributed run stands in its store, and workers that are still there have gone on.',
  examples: [
    ['fleet resume results', 'Go on where capf fleet run --out results was interrupted'],
    ['fleet resume --store postgres://capf@db/capf', 'Lead the newest run of this database, whose coordinator is gone'],
  ],
  words: { folder: { doc: 'The folder of the run.', optional: true } },
  options: { ...STORED_RUN_OPTIONS, ...COORDINATOR_OPTIONS, ...LIVE_OPTIONS },
  run: ({ options, words: { folder }, io }) => {
    const live = ownOptions(LIVE_OPTIONS, options)
    const { store, run, out, fleet, workers } = options
    if (folder !== undefined)
      return showRun(io, { start: ({ onSay, ...steered }) => resumeFleet({ ...steered, folder, store }), live, folder })
    if (store === undefined)
      throw new MistakesError(['name the folder of a run, or a distributed run with --store postgres://… (CLI_USAGE)'])
    return showRun(io, {
      start: ({ onSay, ...steered }) =>
        resumeDistributed({ ...steered, run, out, fleet, coordinator: { store, workers, version: version(), onSay } }),
      live,
      folder: undefined,
    })
  },
})
