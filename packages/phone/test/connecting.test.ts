import { type AddressInfo, createServer, type Socket } from 'node:net'
import { encode } from '@capfkit/codec/capf'
import t from 'tap'
import { World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

t.test('failures to connect', async t => {
  const run = (target: { host: string; port: number; localAddress?: string }) =>
    world.phone({ options: { tlsTimeoutMs: 25 } }).runSession(target)

  let greet = (_: Socket) => {}
  const server = createServer(socket => {
    socket.on('error', () => {}).resume()
    greet(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.match((await run({ host: '127.0.0.1', port })).failure, { code: 'PHONE_TLS_TIMEOUT', side: 'server', phase: 'tls' })
  greet = socket => socket.end()
  t.match((await run({ host: '127.0.0.1', port })).failure, { code: 'PHONE_TLS_FAILED', phase: 'tls' }, 'closed at once')
  greet = socket => socket.write(encode({ name: 'AUTH_REQUEST', version: 3, sessionId: 1 }))
  t.match((await run({ host: '127.0.0.1', port })).failure, { code: 'PHONE_TLS_FAILED', phase: 'tls' }, 'CAPF without TLS')
  await new Promise(resolve => server.close(resolve))

  t.match((await run({ host: '127.0.0.1', port })).failure, { code: 'PHONE_CONNECT_REFUSED', side: 'server', phase: 'connect' })
  t.match((await run({ host: '127.0.0.1', port: 70_000 })).failure, { code: 'PHONE_BAD_ADDRESS', side: 'client' })
  t.match((await run({ host: '127.0.0.1', port, localAddress: 'x' })).failure, { code: 'PHONE_BAD_ADDRESS', side: 'client' })
  const foreign = await run({ host: '127.0.0.1', port, localAddress: '192.0.2.1' })
  t.match(foreign.failure, { code: 'PHONE_NO_LOCAL_PORT', side: 'generator', phase: 'connect' })

  const named = world.phone({
    connect: () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND capf.invalid'), { code: 'ENOTFOUND' })
    },
  })
  t.match((await named.runSession({ host: 'capf.invalid', port })).failure, { code: 'PHONE_NAME_UNKNOWN', side: 'network' })
  t.match(named.statusMessages, [{ text: 'DNS unknown IPv4 host capf.invalid' }, { text: 'LSC: Connection failed' }])

  const full = world.phone({
    connect: () => {
      throw Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' })
    },
  })
  t.match((await full.runSession(world.server.target)).failure, { code: 'PHONE_NO_RESOURCES', side: 'generator' })
})

t.test('a name takes time of its own, and what fails there failed there', async t => {
  const { port } = world.server.target
  // The server of these tests says nothing by itself: getting there is what this is about.
  const options = { replyTimeoutMs: 25 }
  const named = await world.phone({ options }).runSession({ host: 'localhost', port })
  t.equal(named.failure?.phase, 'greeting')
  t.ok((named.phasesMs.dns ?? -1) >= 0 && (named.phasesMs.connect ?? -1) >= 0, 'by the resolver of the system')
  t.notOk('dns' in (await world.phone({ options }).runSession({ host: '127.0.0.1', port })).phasesMs, 'no name, no such phase')

  // RFC 6761 §6.4: such a name never resolves, and nobody has to be asked.
  const nowhere = await world.phone({ options: { connectTimeoutMs: 5000 } }).runSession({ host: 'capf.invalid', port })
  t.match(nowhere, { failure: { code: 'PHONE_NAME_UNKNOWN', side: 'network', phase: 'dns' }, phasesMs: { dns: Number } })
  t.notOk('connect' in nowhere.phasesMs)

  const own = world.phone({ options, resolve: async () => '127.0.0.1' })
  const resolved = await own.runSession({ host: 'capf.example', port })
  t.match(resolved, { failure: { phase: 'greeting' }, phasesMs: { dns: Number, connect: Number } }, 'by a resolver of its own')
  const sum = Object.values(resolved.phasesMs).reduce((total, ms) => total + ms, 0)
  t.ok(Math.abs(sum - resolved.totalMs) < 0.01, `phases add up to the whole: ${sum} and ${resolved.totalMs}`)

  const silent = world.phone({ resolve: () => new Promise(() => {}), options: { connectTimeoutMs: 25 } })
  t.match((await silent.runSession({ host: 'capf.example', port })).failure, { code: 'PHONE_NAME_UNKNOWN', phase: 'dns' })
})
