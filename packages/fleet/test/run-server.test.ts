import { X509Certificate } from 'node:crypto'
import { openDeviceStore } from '@capfkit/server'
import t from 'tap'
import { identitiesOf } from '../src/identity.ts'
import { type FleetOptions, runFleet } from '../src/index.ts'
import { takesPart } from '../src/plan/sequence.ts'
import { fleetOptions, range } from './fleet-options.ts'
import { LoadedServer } from './loaded-server.ts'

const PENDING = 2
const FEW: Partial<FleetOptions> = { phones: 12, processes: 1, key: 'ec:p256', poolKeys: 2 }

t.test('the store says of each phone what was done with it, by status number and certificate', async t => {
  await using server = await LoadedServer.start({ folder: t.testdir() })
  const options = fleetOptions({
    ...server.options,
    phones: 40,
    seed: 3,
    auth: 'null=1,string=1',
    key: 'ec:p256=1,ec:p384=1,rsa:2048=1',
    poolKeys: 4,
    rounds: 'install,troubleshoot:50%,delete:40%',
  })
  const summary = await runFleet({ options })
  t.match(summary, { verdict: 'pass', failed: 0 })
  const identities = identitiesOf(options)
  const rows = new Map((await server.rows()).map(row => [row.name, row]))
  t.equal(rows.size, 40)
  const seen = new Set<number>()
  for (const index of range(40)) {
    const { deviceName, key } = identities.at(index)
    const row = rows.get(deviceName)
    const takes = (round: number, share: number) => takesPart({ seed: 3, index, round }, share)
    const status = takes(2, 0.4) ? 4 : takes(1, 0.5) ? 5 : 3
    seen.add(status)
    t.match(row, { operation: 'none', status, authString: undefined, failedAttempts: 0 }, deviceName)
    if (status === 4) t.equal(row?.certificate, undefined)
    else {
      const { subject, publicKey } = new X509Certificate(row!.certificate!.certificateDer)
      t.match(subject, `CN=${deviceName}`)
      const kind = key.type === 'rsa' ? 'rsa' : key.curve === 'secp256r1' ? 'prime256v1' : 'secp384r1'
      t.match(
        [publicKey.asymmetricKeyType, publicKey.asymmetricKeyDetails?.namedCurve],
        [kind === 'rsa' ? 'rsa' : 'ec', kind === 'rsa' ? undefined : kind],
      )
    }
  }
  t.strictSame(seen, new Set([3, 4, 5]), 'all three happened')
})

t.test('without the store, phones do what the server has pending for them, and that is right', async t => {
  await using server = await LoadedServer.start({ folder: t.testdir() })
  const { store, ...target } = server.options
  const options = fleetOptions({ ...FEW, ...target, phones: 8 })
  const identities = identitiesOf(options)
  await using devices = openDeviceStore(store)
  // Six are known, of which four have an order.
  const devicesOfSix = range(6).map(index => ({
    name: identities.at(index).deviceName,
    operation: index < 4 ? ('install' as const) : ('none' as const),
  }))
  await devices.add(devicesOfSix)
  t.match(await runFleet({ options }), {
    done: 6,
    operations: { install: 4, none: 2 },
    failures: [{ side: 'server', reason: 'PHONE_UNKNOWN_DEVICE', count: 2 }],
  })
})

t.test('an operation that is not the one that was ordered is a failure of the server', async t => {
  const folder = t.testdir({ other: {} })
  await using server = await LoadedServer.start({ folder })
  await using other = await LoadedServer.start({ folder: `${folder}/other` })
  // The devices are there, with nothing pending; the fleet orders in another store.
  await runFleet({ options: { ...FEW, ...server.options } })
  const summary = await runFleet({ options: { ...FEW, ...server.options, store: other.options.store } })
  t.match(summary, {
    verdict: 'fail',
    done: 0,
    failures: [{ side: 'server', phase: 'auth', reason: 'ORDERED_install_GOT_none', count: 12 }],
  })
})

t.test('phones that trust another certificate say nothing to this server', async t => {
  const folder = t.testdir({ other: {} })
  await using server = await LoadedServer.start({ folder })
  await using other = await LoadedServer.start({ folder: `${folder}/other` })
  const summary = await runFleet({
    options: { ...FEW, ...server.options, capfCertificate: other.options.capfCertificate, auth: 'string=1' },
  })
  t.match(summary, {
    verdict: 'fail',
    unreachable: false,
    done: 0,
    failed: 12,
    failures: [{ side: 'server', phase: 'tls', reason: 'PHONE_UNTRUSTED_SERVER', count: 12 }],
  })
  const rows = await server.rows()
  t.equal(rows.filter(({ operation, status }) => operation === 'install' && status === PENDING).length, 12, 'all still pending')
  t.notOk(
    Object.keys(server.sessions).some(name => name.startsWith('install')),
    'no session knew which device it was',
  )
})

t.test('wrong files are told by name before anything starts', async t => {
  const folder = t.testdir({ 'text.pem': 'nothing' })
  const text = `${folder}/text.pem`
  const options = { ...FEW, server: '127.0.0.1:1' }
  await t.rejects(runFleet({ options: FEW }), { code: 'FLEET_NO_SERVER', message: /give --server HOST:PORT .* or --embedded/ })
  await t.rejects(runFleet({ options }), { code: 'FLEET_NO_CERTIFICATE', message: /--capf-certificate FILE/ })
  for (const capfCertificate of [text, `${folder}/none.pem`])
    await t.rejects(runFleet({ options: { ...options, capfCertificate } }), { code: 'FLEET_BAD_FILE', where: capfCertificate })
  for (const micCa of [text, `${folder}/none.pem`])
    await t.rejects(runFleet({ options: { ...options, embedded: true, server: undefined, micCa } as never }), {
      code: 'FLEET_BAD_FILE',
      where: micCa,
    })
})
