import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer, SmallDisk, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { LoadedServer } from './loaded-server.ts'
import { OwnWorker, runHere } from './own-workers.ts'

const LEASE_MS = 2_000
/** Three seconds of work. */
const PLAN = { phones: 90, rate: 30, key: 'ec:p256=1', seed: 5 } as const
const { phones } = PLAN

const mounted = SmallDisk.mount('80m')
const where = mounted instanceof SmallDisk ? {} : mounted

t.test('the disk of the database is full for longer than a lease: nothing is lost, and nothing counted twice', where, async t => {
  using disk = mounted as SmallDisk
  await using database = await PostgresServer.start({ disk })
  const store = await database.newDatabase()
  // The server has a store of its own, elsewhere: phones are served meanwhile.
  await using server = await LoadedServer.start({ folder: t.testdir() })
  await using one = new OwnWorker(store, 'one', LEASE_MS)
  const run = runHere({ ...PLAN, ...server.options }, { store, workers: 1, leaseMs: LEASE_MS })
  const accounts = () => tell(store, 'SELECT count(*)::int AS n, count(DISTINCT phone)::int AS phones FROM capf_fleet.result')
  const counted = async () => Number((await accounts().catch(() => []))[0]?.n ?? 0)
  while ((await counted()) < 5) await delay(50)
  disk.fill()
  while (!/the disk .* is full .*STORE_FULL/.test(one.said.join('\n'))) await delay(50)
  // Who is silent for so long has lost its phones.
  await delay(1.5 * LEASE_MS)
  t.ok((await counted()) < phones, 'not everything is written')
  disk.makeRoom()
  t.match(await run.summary, { done: phones, failed: 0, skipped: 0, stopped: false })
  t.same(await accounts(), [{ n: phones, phones }], 'each phone is counted once')
  const rows = await server.rows()
  t.equal(rows.filter(({ operation, certificate }) => operation === 'none' && certificate).length, phones)
  t.notMatch(run.said.join('\n'), /has gone/, 'who only has no room to tell lives on, and keeps what it has')
  t.match(one.said.join('\n'), /what ends meanwhile is kept.*the store is back/s)
})
