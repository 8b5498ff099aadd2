import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { bind, formatAddress, freePort, mustBeFree, parseAddress } from '@capfkit/listen'
import t from 'tap'

const taken = createServer().listen(0, '127.0.0.1')
await once(taken, 'listening')
t.teardown(() => taken.close())
const { port } = taken.address() as { port: number }

t.test('HOST:PORT, with and without brackets, both ways', async t => {
  for (const [text, address] of [
    ['127.0.0.1:3804', { host: '127.0.0.1', port: 3804 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['capf.example:65535', { host: 'capf.example', port: 65_535 }],
  ] as const) {
    t.strictSame(parseAddress(text), address)
    t.equal(formatAddress(address), text)
  }
})

t.test('where nobody can listen the code says why, and the sentence who', async t => {
  const inUse = { name: 'ListenError', code: 'LISTEN_PORT_IN_USE', message: /another program listens.*--listen/ }
  await t.rejects(bind(createServer(), { host: '127.0.0.1', port }), { ...inUse, where: `127.0.0.1:${port}` })
  await t.rejects(bind(createHttpServer(), { host: '127.0.0.1', port, name: 'metrics on' }), {
    ...inUse,
    where: `metrics on 127.0.0.1:${port}`,
  })
  for (const address of [
    { host: '192.0.2.1', port: 0 },
    { host: '127.0.0.1', port: 99_999 },
  ])
    await t.rejects(bind(createServer(), address), { name: 'ListenError', code: 'LISTEN_FAILED' })
})

t.test('a server that listens keeps no listener of the attempt', async t => {
  const server = createServer()
  t.teardown(() => server.close())
  await bind(server, { host: '127.0.0.1', port: 0 })
  t.equal(server.listenerCount('error'), 0)
})

t.test('two may share a port when both say so; whoever must have it alone is told that it is taken', async t => {
  const [one, two] = [createServer(), createServer()]
  t.teardown(() => {
    one.close()
    two.close()
  })
  await bind(one, { host: '127.0.0.1', port: 0, reusePort: true })
  const shared = (one.address() as { port: number }).port
  await bind(two, { host: '127.0.0.1', port: shared, reusePort: true })
  await t.rejects(mustBeFree({ host: '127.0.0.1', port: shared }), { code: 'LISTEN_PORT_IN_USE' })
  await mustBeFree({ host: '127.0.0.1', port: 0 })
  await mustBeFree({ host: '192.0.2.1', port: 1 })
})

t.test('a free port is one at which nobody listens, and whoever asked for it can', async t => {
  const free = await freePort()
  const [refused] = await once(connect(free, '127.0.0.1'), 'error')
  t.match(refused, { code: 'ECONNREFUSED' })
  const server = createServer()
  t.teardown(() => server.close())
  await bind(server, { host: '127.0.0.1', port: free })
  t.not(await freePort(), free)
})
