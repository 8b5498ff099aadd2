import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { derToPem, newManufacturingCa, privateKeyPem } from '@capfkit/pki'
import t from 'tap'
import { FleetFile } from '../src/fleet-file/fleet-file.ts'
import { type FleetOptions, runFleet } from '../src/index.ts'

const PHONES = 12
const SOME: Partial<FleetOptions> = { embedded: true, phones: PHONES, key: 'ec:p256', poolKeys: 2, processes: 2, auth: 'lsc' }
const NAME = 'SEP020000000003'

const opened = (file: string) =>
  new FleetFile({
    file,
    onFailure: error => {
      throw error
    },
  })

t.test('the next run upgrades with the LSCs of the one before, at a server that knows only who issued them', async t => {
  const folder = t.testdir()
  const fleet = join(folder, 'fleet.db')
  t.match(await runFleet({ options: { ...SOME, fleet } }), { done: PHONES, failed: 0 })
  t.equal(statSync(fleet).mode & 0o777, 0o600)
  const first = await (async () => {
    await using file = opened(fleet)
    return file.read(NAME)
  })()
  t.ok(first?.lsc && first.mic)
  // The phones have no MIC to fall back on: the CA that has signed them is not there any more.
  const out = join(folder, 'out')
  t.match(await runFleet({ options: { ...SOME, fleet, out } }), { done: PHONES, failed: 0, verdict: 'pass' })
  t.notOk(existsSync(join(out, 'fleet.db')))
  await using file = opened(fleet)
  const second = file.read(NAME)
  t.strictSame(second?.mic?.certificateDer, first!.mic!.certificateDer, 'a phone has one MIC all its life')
  t.notSame(second?.lsc?.certificateDer, first!.lsc!.certificateDer, 'and another LSC')
})

t.test('a phone whose LSC was deleted has none in the next run', async t => {
  const fleet = join(t.testdir(), 'fleet.db')
  t.match(await runFleet({ options: { ...SOME, fleet, rounds: 'install,delete' } }), { done: 2 * PHONES, failed: 0 })
  await using file = opened(fleet)
  t.match(file.read(NAME), { model: '8861', mic: {}, lsc: undefined })
})

t.test(
  'a file that cannot be used, or a manufacturing CA that is not that of the fleet, stops the run before it begins',
  async t => {
    const folder = t.testdir({ 'notes.txt': 'mine' })
    const notes = join(folder, 'notes.txt')
    await t.rejects(runFleet({ options: { ...SOME, fleet: notes } }), { code: 'FLEET_FILE', where: notes })
    const fleet = join(folder, 'fleet.db')
    await runFleet({ options: { ...SOME, phones: 1, fleet } })
    const { certificateDer, keyPair } = await newManufacturingCa({ now: () => new Date() })
    const micCa = join(folder, 'other-ca.pem')
    writeFileSync(micCa, derToPem(certificateDer) + privateKeyPem(keyPair.privateKey))
    await t.rejects(runFleet({ options: { ...SOME, fleet, micCa } }), {
      code: 'FLEET_BAD_FILE',
      where: micCa,
      message: /another manufacturing CA/,
    })
  },
)
