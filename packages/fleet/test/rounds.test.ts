import t from 'tap'
import { countParticipants, parseRounds, takesPart } from '../src/rounds.ts'
import { fleetOptions, range } from './fleet-options.ts'

const COUNT = 10_000
const half = { operation: 'delete', share: 0.5 } as const
const participants = (seed: number, round: number) => range(COUNT).filter(index => takesPart({ seed, index, round }, half))

t.test('rounds with and without a share; an upgrade is an install', async t => {
  t.strictSame(parseRounds('install,upgrade:30%,delete:0%,troubleshoot:100%'), [
    { operation: 'install', share: 1 },
    { operation: 'install', share: 0.3 },
    { operation: 'delete', share: 0 },
    { operation: 'troubleshoot', share: 1 },
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

t.test('who takes part is decided by seed and round alone, and is about the share', async t => {
  const [first, otherSeed, otherRound] = [participants(1, 2), participants(2, 2), participants(1, 3)]
  t.equal(participants(1, 2).join(), first.join())
  t.not(otherSeed.join(), first.join())
  t.not(otherRound.join(), first.join())
  // Five standard deviations.
  for (const taking of [first, otherSeed, otherRound]) t.ok(Math.abs(taking.length - COUNT / 2) < 250, `${taking.length}`)
  const both = first.filter(index => takesPart({ seed: 1, index, round: 3 }, half)).length
  t.ok(Math.abs(both - COUNT / 4) < 220, `rounds choose independently: ${both} take part in both`)
})

t.test('the count agrees with the choice; all and nobody are exact', async t => {
  const place = { seed: 3, round: 1, count: COUNT }
  t.equal(countParticipants(place, half), participants(3, 1).length)
  t.equal(countParticipants(place, { ...half, share: 1 }), COUNT)
  t.equal(countParticipants(place, { ...half, share: 0 }), 0)
})
