import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabases } from '@capfkit/test-postgres'
import t from 'tap'
import { type FleetWorkerInit, runFleetWorker } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'
import { runHere, VERSION } from './own-workers.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

/** A worker that only the end of what it is to do, or of the test, ends, and what it said. */
const start = (init: Pick<FleetWorkerInit, 'store' | 'runs' | 'signal'>) => {
  const said: string[] = []
  const worker = runFleetWorker({ ...init, processes: 1, name: 'a', version: VERSION, onSay: sentence => said.push(sentence) })
  worker.catch(() => {})
  return { said, worker }
}

/** Passes TCP on to the database. */
const passing = async (port: number, store: string): Promise<Server> => {
  const { hostname, port: behind } = new URL(store)
  const server = createServer(inner => {
    const outer = connect(Number(behind || 5432), hostname)
    inner.pipe(outer).pipe(inner)
    inner.on('error', () => outer.destroy())
    outer.on('error', () => inner.destroy())
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}

const portOf = (server: Server) => (server.address() as { port: number }).port

t.test('a worker that comes before its database says once why it waits, and a wrong password ends it all the same', async t => {
  const store = await databases.newDatabase()
  const first = await passing(0, store)
  const port = portOf(first)
  await once(first.close(), 'close')
  const [right, wrong] = [new URL(store), new URL(store)]
  for (const url of [right, wrong]) [url.hostname, url.port] = ['127.0.0.1', String(port)]
  wrong.password = 'not-the-password'
  const controller = new AbortController()
  const waiting = start({ store: right.href, signal: controller.signal })
  const refused = start({ store: wrong.href, signal: controller.signal })
  while (waiting.said.length === 0) await delay(20)
  // It looks some times more.
  await delay(1_200)
  t.match(waiting.said, [/^the store is away, and this worker waits for it: postgres:.*ECONNREFUSED.*STORE_AWAY/])
  t.equal(waiting.said.length, 1)
  const again = await passing(port, store)
  while (waiting.said.length === 1) await delay(20)
  t.match(waiting.said[1], /^the store is back; waiting for a run at postgres:/)
  await t.rejects(refused.worker, { code: 'STORE_LOGIN_REFUSED' })
  controller.abort()
  await t.resolves(waiting.worker)
  again.close()
})

t.test('a worker for one run leaves when that is over, and one for two stays', async t => {
  const store = await databases.newDatabase()
  await using server = await LoadedServer.start({ folder: t.testdir(), store })
  const controller = new AbortController()
  const one = start({ store, runs: 1, signal: controller.signal })
  const two = start({ store, runs: 2, signal: controller.signal })
  let isGone = false
  two.worker.finally(() => {
    isGone = true
  })
  const options = { phones: 32, concurrency: 4, key: 'ec:p256=1', ...server.options } as const
  const { summary } = runHere(options, { store, workers: 2 })
  t.match(await summary, { done: 32, failed: 0 })
  await t.resolves(one.worker)
  while (!two.said.some(line => /^left run/.test(line))) await delay(20)
  t.notOk(isGone)
  controller.abort()
  await t.resolves(two.worker)
})
