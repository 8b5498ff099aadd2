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
