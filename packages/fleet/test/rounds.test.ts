import t from 'tap'
import { parseRounds } from '../src/rounds.ts'
import { fleetOptions } from './fleet-options.ts'

t.test('rounds with and without a share; an upgrade is an install', async t => {
  t.strictSame(parseRounds('install,upgrade:30%,delete:0%,troubleshoot:100%'), [
    { operation: 'install', word: 'install', share: 1 },
    { operation: 'install', word: 'upgrade', share: 0.3 },
    { operation: 'delete', word: 'delete', share: 0 },
    { operation: 'troubleshoot', word: 'troubleshoot', share: 1 },
  ])
})

t.test('a wrong round is told, by the table where its form is wrong and by the reader where its words are', async t => {
  for (const rounds of ['', 'install:', 'install:5', 'Install', 'install;delete'])
    t.throws(() => fleetOptions({ rounds }), { name: 'OptionError', message: /rounds must be OPERATION/ }, JSON.stringify(rounds))
  for (const part of ['enrol', 'none', 'delete:101%', 'constructor'])
    t.throws(() => parseRounds(`install,${part}`), {
      name: 'OptionError',
      message: `rounds knows install, upgrade, delete, troubleshoot with a share of 0..100%, got "${part}"`,
    })
})
