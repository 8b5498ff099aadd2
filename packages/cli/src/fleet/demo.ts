import { int, parseOptions } from '@capfkit/codec/options'
import { FLEET_OPTIONS } from '@capfkit/fleet'
import { command } from '../command.ts'
import { note } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { LIVE_OPTIONS } from './live/options.ts'
import { runAndShow } from './run.ts'

/** The main job in one word: every way of authenticating, every operation that matters. */
const DEMO = {
  embedded: true,
  auth: 'null=40,string=20,lsc=20,mic=20',
  rounds: 'install,upgrade,delete:30%',
} as const

export const demo = command({
  name: 'demo',
  doc: 'A server and a thousand phones on this machine: install, upgrade, delete',
  details: `The same as: capf fleet run --embedded --phones 1000 --auth ${DEMO.auth} --rounds ${DEMO.rounds}`,
  examples: [['demo', 'See that everything works here, and how fast']],
  options: {
    phones: int({ default: 1000, min: 1, max: 1_000_000, unit: 'phones', doc: 'How many phones.' }),
    seed: FLEET_OPTIONS.seed,
    ...LIVE_OPTIONS,
  },
  run: ({ options, io }) => {
    const { phones, seed } = options
    note(io, `capfkit demo: an embedded CAPF server and ${phones} phones: ${DEMO.rounds}`)
    note(io, `authentication by weight: ${DEMO.auth}`)
    return runAndShow(io, {
      options: parseOptions(FLEET_OPTIONS, { ...DEMO, phones, seed }),
      live: ownOptions(LIVE_OPTIONS, options),
    })
  },
})
