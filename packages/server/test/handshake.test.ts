import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { bystander } from './bystander.ts'
import { obey, ScriptedPhone } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { clientHello, tcpClient, tcpClients } from './tcp-client.ts'

t.test('200 silent connections and 200 halves of a ClientHello do not delay a phone', async t => {
  const server = await serve(t, { options: { handshakeTimeoutMs: 600_000 } })
  const hello = await clientHello()
  const { port } = server.server.address
  const silent = await tcpClients(port, 200)
  const halves = await tcpClients(port, 200)
  for (const [index, { socket }] of halves.entries()) socket.write(hello.subarray(0, index % 2 ? 6 : hello.length >> 1))
  for (let count = 0; count < 5; count++) t.equal(await server.session(await server.device()), 1, `phone ${count}`)
  while (server.server.connections > 400) await new Promise(setImmediate)
  t.equal(server.server.connections, 400, 'they were there all the time')
  for (const { socket } of [...silent, ...halves]) socket.destroy()
  await server.quiet()
  t.strictSame(server.server.counters.counts.rejected, { tls: 400 }, 'each counted once')
  t.equal(server.summaries.length, 5, 'none of them was a session')
})

t.test('a handshake that does not come to its end is ended, however it drips', async t => {
  const server = await serve(t, { options: { handshakeTimeoutMs: 300 } })
  const hello = await clientHello()
  const { port } = server.server.address
  const clients = await tcpClients(port, 400)
  for (const { socket } of clients.slice(200)) socket.write(hello.subarray(0, hello.length >> 1))
  const dripping = await tcpClient(port)
  let sent = 0
  const drip = setInterval(() => dripping.socket.write(hello.subarray(sent, ++sent)), 40)
  await dripping.closed
  clearInterval(drip)
  t.ok(sent < hello.length, `after ${sent} of ${hello.length} bytes`)
  await Promise.all(clients.map(({ closed }) => closed))
  await server.quiet()
  t.strictSame(server.server.counters.counts.rejected, { tls: 401 })
  const refused = server.logLines().filter(({ msg }) => msg === 'connection refused')
  t.equal(refused.length, 401)
  t.match(refused[0], { level: 20, remoteAddress: '127.0.0.1', why: 'tls', detail: 'TLS handshake timeout' })
})

t.test('a server that has no file descriptor left serves again as soon as it has one', async t => {
  const program = fileURLToPath(new URL('few-descriptors.ts', import.meta.url))
  const child = spawn('sh', ['-c', 'ulimit -n 64 && exec "$0" "$1"', process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill())
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(said)
  const clients = await tcpClients(port, 150)
  for (const { socket } of clients) socket.destroy()
  for (;;) {
    // Until the kernel has handed over all that came before, a phone may be turned away.
    const phone = await ScriptedPhone.connect({ port }).catch(() => undefined)
    if (!phone) continue
    await phone.greet('SEP1')
    t.equal(await obey(phone), 1)
    break
  }
  child.stdin.end()
  t.strictSame(await once(child, 'exit'), [0, null])
})

t.test('what is no TLS is ended in silence, with the reason in the log', async t => {
  const server = await serve(t)
  const { finish } = await bystander(server)
  const { port } = server.server.address
  const ways = [
    {
      what: 'plain HTTP',
      act: ({ write }: { write(text: string): void }) => write('GET / HTTP/1.1\r\nHost: capf\r\n\r\n'),
      detail: 'http request',
    },
    {
      what: 'garbage',
      act: ({ write }: { write(text: string): void }) => write('\x55\x02\x00\x00\x00\x01\x00\x00 and more'),
      detail: /wrong version number|packet length/,
    },
    { what: 'FIN', act: ({ end }: { end(): void }) => end(), detail: 'the connection ended inside the TLS handshake' },
    { what: 'RST', act: ({ reset }: { reset(): void }) => reset(), detail: 'the connection ended inside the TLS handshake' },
  ]
  for (const { what, act, detail } of ways) {
    const { socket, closed } = await tcpClient(port)
    act({ write: text => socket.write(text, 'latin1'), end: () => socket.end(), reset: () => socket.resetAndDestroy() })
    await closed
    while (server.server.connections > 1) await new Promise(setImmediate)
    t.match(server.logLines().at(-1), { msg: 'connection refused', why: 'tls', remoteAddress: '127.0.0.1', detail }, what)
  }
  t.strictSame(server.server.counters.counts.rejected, { tls: ways.length })
  t.equal(server.summaries.length, 0)
  t.equal(await finish(), 1)
})

t.test('more connections than the limit are closed at once; a place that becomes free is taken', async t => {
  for (const [option, why] of [
    ['maxConnections', 'too-many-connections'],
    ['maxConnectionsPerAddress', 'too-many-from-address'],
  ] as const) {
    const server = await serve(t, { options: { [option]: 3 } })
    const { port } = server.server.address
    const clients = await tcpClients(port, 2)
    const { finish } = await bystander(server)
    for (let count = 0; count < 4; count++) await (await tcpClient(port)).closed
    await t.rejects(ScriptedPhone.connect({ port }), 'a phone too')
    t.strictSame(server.server.counters.counts.rejected, { [why]: 5 }, option)
    t.match(server.logLines().at(-1), { why, detail: 'limit of 3', remoteAddress: '127.0.0.1' })
    t.equal(server.server.connections, 3)
    t.equal(await finish(), 1, 'who is in stays in')
    clients[0]?.socket.destroy()
    while (server.server.connections > 1) await new Promise(setImmediate)
    t.equal(await server.session(await server.device()), 1, 'there is room again')
  }
})
