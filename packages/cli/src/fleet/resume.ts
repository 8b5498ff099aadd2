import { resumeFleet } from '@capfkit/fleet'
import { command } from '../command.ts'
import { LIVE_OPTIONS } from './live/options.ts'
import { showRun } from './run.ts'

export const resume = command({
  name: 'resume',
  doc: 'Go on with a recorded run that was stopped or killed',
  details:
    'No device is done twice, and none is left out: what ended is on record, and of what was under way in a crash the device store says whether it is done. The summary is that of the whole run.',
  examples: [['fleet resume results', 'Go on where capf fleet run --out results was interrupted']],
  words: { folder: { doc: 'The folder of the run.' } },
  options: { ...LIVE_OPTIONS },
  run: ({ options: live, words: { folder }, io }) =>
    showRun(io, { start: steered => resumeFleet({ ...steered, folder }), live, folder }),
})
