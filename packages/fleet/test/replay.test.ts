import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDeviceStore } from '@capfkit/server'
import t from 'tap'
import { replayPhone, runFleet } from '../src/index.ts'
import { drawMs } from '../src/plan/draw-duration.ts'
import { planOf } from '../src/plan/from-options.ts'
import { randomOf } from '../src/random.ts'
import { fleetOptions } from './fleet-options.ts'
import { LoadedServer } from './loaded-server.ts'

const SOME = { key: 'ec:p256', poolKeys: 2, processes: 1, keyGenerationDelayMs: 20 } as const

t.test('a phone of a run is played again with all that the seed decided, and goes as it is on record', async t => {
  const out = join(t.testdir(), 'out')
  const options = { ...SOME, embedded: true, phones: 6, rounds: 'install,upgrade,delete:50%', seed: 5, out }
  await runFleet({ options: { ...options, auth: 'string=1,lsc=1', models: '8861=1,8845=1' } })
  const plan = readFileSync(join(out, 'plan.json'), 'utf8')
  const { version, seed, identity, turns } = await replayPhone({ folder: out, deviceName: 'sep020000000004' })
  t.match({ version, seed, name: identity.deviceName }, { version: 1, seed: 5, name: 'SEP020000000004' })
  t.notOk('authString' in identity)
  t.ok(turns.length >= 2)
  for (const { recorded, played, differences, phase } of turns) {
    t.strictSame(differences, [], `phase ${phase}`)
    t.equal(recorded?.operation, played.operation.operation)
    const [first, ...others] = played.frames
    t.match(first, { from: 'server', name: 'AUTH_REQUEST' })
    t.match(others.at(-1), { from: 'server', name: 'END_SESSION' })
    t.notMatch(JSON.stringify(played.frames), /"password","value":"\d/, 'no authentication string is told')
  }
  t.equal(readFileSync(join(out, 'plan.json'), 'utf8'), plan)
  await using store = openDeviceStore(`sqlite:${join(out, 'devices.db')}`)
  t.equal(await store.count({ operation: 'none' }), 6, 'the store of the run is left alone')
})

t.test('how long a phone takes for a key is drawn for each of its turns, the same in each of its lives', async t => {
  const out = join(t.testdir(), 'out')
  // A model that takes its time, which differs from turn to turn.
  const slow = { 8861: { keyGeneration: { kind: 'uniform', fromMs: 50, toMs: 650 } } } as const
  const options = { ...SOME, embedded: true, phones: 2, rounds: 'install,upgrade', seed: 11, out }
  const { phases } = planOf(fleetOptions(options))
  await runFleet({ options, plan: { phases, models: slow } })
  const { turns } = await replayPhone({ folder: out, deviceName: 'SEP020000000001' })
  const drawn = [0, 1].map(round => drawMs(slow[8861].keyGeneration, randomOf({ seed: 11, index: 1, purpose: 'keyTime', round })))
  t.not(drawn[0], drawn[1])
  for (const [round, ms] of drawn.entries()) {
    const { recorded, played } = turns[round]!
    for (const { stretches } of [recorded!, played.operation]) {
      const taken = stretches.find(({ name }) => name === 'keyGeneration')!.ms
      t.ok(taken >= ms - 2, `${taken} ms in round ${round}, at least ${ms} ms`)
    }
  }
})

t.test('where it goes otherwise is told: outcome, phases, and the first other message', async t => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  await using server = await LoadedServer.start({ folder, options: { logLevel: 'silent' } })
  const { store: url, ...target } = server.options
  // Nothing is ordered, and no device known.
  await runFleet({ options: { ...target, ...SOME, phones: 2, out } })
  const name = 'SEP020000000001'
  const same = await replayPhone({ folder: out, deviceName: name })
  t.match(same.turns, [{ differences: [], recorded: { failure: { reason: 'PHONE_UNKNOWN_DEVICE' } } }])
  await using store = openDeviceStore(url)
  await store.add([{ name, operation: 'install', keyOrder: 'ec' }])
  const { turns } = await replayPhone({ folder: out, deviceName: name })
  const [{ differences, recorded, played }] = turns as [(typeof turns)[0]]
  t.match(differences, [
    { what: 'outcome', recorded: 'failed: PHONE_UNKNOWN_DEVICE (server, in phase auth)', now: 'done: install' },
    { what: 'phases', now: /keyGeneration, issue, store/ },
    { what: 'message 3', recorded: 'server END_SESSION', now: 'server KEY_GENERATE_REQUEST' },
  ])
  t.equal(recorded?.failure?.frames.length, 3)
  t.equal(played.frames.at(-1)?.name, 'END_SESSION')
})

t.test('a phone that is not there, a run that is none, and a wait that is given up', async t => {
  const out = join(t.testdir(), 'out')
  await runFleet({ options: { ...SOME, embedded: true, phones: 2, out } })
  await t.rejects(replayPhone({ folder: out, deviceName: '<script>' }), {
    code: 'FLEET_NO_PHONE',
    message: /<script> is none of its 2/,
  })
  const signal = AbortSignal.abort(new Error('enough'))
  await t.rejects(replayPhone({ folder: out, deviceName: 'SEP020000000001', signal }), { message: 'enough' })
  for (const text of [
    '{',
    '[]',
    '{"format":"capfkit-plan-of-a-run","version":2}',
    '{"format":"capfkit-plan-of-a-run","version":1,"options":{}}',
  ]) {
    writeFileSync(join(out, 'plan.json'), text)
    await t.rejects(replayPhone({ folder: out, deviceName: 'SEP020000000001' }), { code: 'FLEET_NO_PLAN' }, text)
  }
})
