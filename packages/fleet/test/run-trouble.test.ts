import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '@capfkit/listen'
import t from 'tap'
import { type FleetOptions, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'

const FEW: Partial<FleetOptions> = { phones: 12, processes: 1, key: 'ec:p256', poolKeys: 2 }

const certificate = async (t: { testdir(): string }) => {
  const folder = t.testdir()
  await using server = await LoadedServer.start({ folder })
  return server.options.capfCertificate
}

t.test('nobody listens: the run gives up after the first connects, and says so', async t => {
  const capfCertificate = await certificate(t)
  const server = `127.0.0.1:${await freePort()}`
  for (const rate of [0, 500]) {
    const summary = await runFleet({ options: { ...FEW, server, capfCertificate, phones: 10_000, rate, rounds: 'install,delete' } })
    t.match(summary, { verdict: 'fail', unreachable: true, stopped: false, done: 0, planned: 20_000 })
    t.match(summary.because, [new RegExp(`^nothing answers at ${server}: gave up after \\d+ of 20000 operations$`)])
    t.match(summary.failures, [{ side: 'server', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED' }])
    t.ok(summary.failed >= 50 && summary.failed < 5000, `${summary.failed} connects`)
    t.equal(summary.rounds.length, 1, 'the second round is not tried')
  }
})

t.test('three phones are enough to find out, where there are no more', async t => {
  const options = { ...FEW, phones: 3, server: `127.0.0.1:${await freePort()}`, capfCertificate: await certificate(t) }
  t.match(await runFleet({ options }), { unreachable: true, failed: 3, verdict: 'fail' })
})

t.test('phones that have nothing to authenticate with have not found the server unreachable', async t => {
  const options = {
    ...FEW,
    server: `127.0.0.1:${await freePort()}`,
    capfCertificate: await certificate(t),
    auth: 'mic',
    models: 'CIPC',
  }
  const summary = await runFleet({ options: { ...options, phones: 60 } })
  t.match(summary, { unreachable: false, failed: 60, failures: [{ side: 'client', reason: 'PHONE_NO_CREDENTIAL' }] })
})

t.test('a port of another program: a failure of each phone, counted by phase', async t => {
  const stranger = createServer((socket: Socket) => socket.end('SSH-2.0-stranger\r\n').on('error', () => {})).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as { port: number }
  const summary = await runFleet({ options: { ...FEW, server: `127.0.0.1:${port}`, capfCertificate: await certificate(t) } })
  stranger.close()
  t.match(summary, {
    verdict: 'fail',
    unreachable: false,
    failed: 12,
    failures: [{ side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED' }],
  })
})

t.test('a failure of communication is tried again', async t => {
  const folder = t.testdir()
  await using server = await LoadedServer.start({ folder })
  const sockets: Socket[] = []
  let toRefuse = 6
  const [host, port] = server.options.server.split(':')
  // In front of the server: cuts the first connections.
  const gate = createServer(socket => {
    socket.on('error', () => {})
    if (toRefuse-- > 0) return void socket.destroy()
    const through = connect(Number(port), host).on('error', () => {})
    sockets.push(socket, through)
    socket.pipe(through).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(gate, 'listening')
  const through = `127.0.0.1:${(gate.address() as { port: number }).port}`
  const summary = await runFleet({
    options: { ...FEW, ...server.options, server: through, retries: 8, retryIntervalMs: 1, concurrency: 2 },
  })
  gate.close()
  for (const socket of sockets) socket.destroy()
  t.match(summary, { verdict: 'pass', done: 12, failed: 0 })
  t.ok(toRefuse <= 0)
})
