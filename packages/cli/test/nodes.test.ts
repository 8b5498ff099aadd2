import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { openDeviceStore } from '@capfkit/server'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { needsBalancer, startBalancer } from './balancer.ts'
import { capf, RunningServer } from './program.ts'

const PHONES = 150

/** What a phone keeps, by its name. */
const heldBy = (file: string): Map<string, Buffer> => {
  const fleet = new DatabaseSync(file)
  const rows = fleet.prepare('SELECT name, lsc FROM phone WHERE lsc IS NOT NULL').all()
  fleet.close()
  return new Map(rows.map(({ name, lsc }) => [String(name), Buffer.from(lsc as Uint8Array)]))
}

/** Names of devices that are pending, that hold what the store has, and that are neither. */
const account = async (url: string, file: string) => {
  const held = heldBy(file)
  const names: Record<'pending' | 'same' | 'lost', string[]> = { pending: [], same: [], lost: [] }
  await using store = openDeviceStore(url)
  for await (const { name, operation, certificate } of store.list()) {
    const isSame = certificate !== undefined && held.get(name)?.equals(certificate.certificateDer) === true
    names[operation === 'install' ? 'pending' : isSame ? 'same' : 'lost'].push(name)
  }
  return names
}

const sessionsOf = async ({ ready }: RunningServer): Promise<number> => {
  const { host, port } = ready.metrics as { host: string; port: number }
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text()
  return [...text.matchAll(/^capf_sessions_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** A database with servers on it, and where phones reach them. */
type Stage = { cwd: string; url: string; address: string }

/** A storm of phones into which something happens. @returns who is left over, and what runs further phones. */
const storm = async (t: Test, { cwd, url, address, trouble }: Stage & { trouble: () => Promise<void> }) => {
  const file = join(cwd, 'fleet.db')
  const fleet = (...more: string[]) =>
    capf(
      [
        ...['fleet', 'run', '--server', address, '--capf-certificate', 'capf.pem', '--fleet', file, '--json'],
        ...['--key', 'ec:p256', '--processes', '1', '--rate', '80', ...more],
      ],
      { cwd },
    )
  const [ordering, retrying] = [
    ['--store', url, '--workers', '0', '--phones', String(PHONES), '--key-generation-delay-ms', '1500', '--max-failed', '100%'],
    ['--retries', '3', '--retry-interval-ms', '300'],
  ]
  const running = fleet(...ordering, ...retrying)
  const tooSoon = running.then(({ stderr }) => {
    throw new Error(`the fleet ended before anything could happen: ${stderr}`)
  })
  tooSoon.catch(() => {})
  {
    await using store = openDeviceStore(url)
    const until = async (operation: 'install' | 'none', most: number) => {
      while ((await store.count({ operation })) < most) await Promise.race([delay(20), tooSoon])
    }
    await until('install', PHONES)
    await until('none', PHONES / 10)
  }
  await trouble()
  const { done, failed } = JSON.parse((await running).stdout)
  t.equal(done + failed, PHONES, 'each phone is counted once')

  const after = await account(url, file)
  t.strictSame(after.lost, [], 'each device is pending, or holds the certificate that the store has')
  t.equal(after.pending.length + after.same.length, PHONES)
  t.ok(after.same.length > 0)

  return { pending: after.pending, fleet, file }
}

t.test('two nodes on one database, behind the HAProxy of the documentation', needsBalancer(), async t => {
  const cwd = t.testdir()
  await using database = await PostgresServer.start()
  const url = await database.newDatabase()
  // The first makes the certificate of both.
  const args = ['--store', url, '--metrics', '127.0.0.1:0', '--store-away', 'retry-later', '--retry-later-seconds', '1']
  const start = () => RunningServer.start({ cwd, args: [...args, '--log-level', 'silent'] })
  await using one = await start()
  await using two = await start()
  await using balancer = await startBalancer([one, two])
  const stage = { cwd, url, address: balancer.address }

  await t.test('the database is killed in the middle of a storm: no device is lost', async t => {
    const trouble = async () => {
      await database.kill()
      await delay(500)
      await database.restart()
    }
    await storm(t, { ...stage, trouble })
    t.notMatch(balancer.said(), /no server available/, 'it is no reason to take both nodes out')
    for (const node of [one, two]) t.ok((await sessionsOf(node)) > 0, 'phones have reached both')
  })

  await t.test('a node is killed in the middle of a storm: no device is lost', async t => {
    const { pending, fleet, file } = await storm(t, { ...stage, trouble: () => one.crash() })
    // Leases end with the heartbeats of their node, some seconds later.
    await tell(url, 'UPDATE node SET aliveuntilms = aliveuntilms - 20000')
    writeFileSync(join(cwd, 'pending.csv'), ['name', ...pending, ''].join('\n'))
    if (pending.length > 0) {
      const again = await fleet('--csv', 'pending.csv')
      t.equal(again.code, 0, `${pending.length} are left, and enrol through what is left`)
    }
    const { same } = await account(url, file)
    t.equal(same.length, PHONES, 'and then all hold what the store has')
    t.match(balancer.said(), /Server capf\/one is DOWN/)
  })
})
