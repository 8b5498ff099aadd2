import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import t from 'tap'
import { environmentOf } from '../src/environment.ts'
import { getByHttp } from '../src/files/http.ts'
import { BootError, bootOptions, createTlsProfile } from '../src/index.ts'
import { HttpFiles } from './file-servers.ts'

const files = new Map([
  ['ITLFile.tlv', Buffer.alloc(20_000, 7)],
  ['English_United_States/sip.jar', Buffer.from('PK')],
  ['empty', Buffer.alloc(0)],
  ['a b#?%/c', Buffer.from('odd name')],
])
const server = await HttpFiles.start(files)
t.teardown(() => server[Symbol.asyncDispose]())

/** Timers that run out when the test says so. */
class Timers {
  readonly running = new Set<{ callback: () => void; ms: number }>()

  readonly start = (callback: () => void, ms: number) => {
    const timer = { callback, ms }
    this.running.add(timer)
    return { refresh: () => {}, [Symbol.dispose]: () => void this.running.delete(timer) }
  }

  runOut(): void {
    for (const { callback } of [...this.running]) callback()
  }
}

type Change = {
  file?: string
  maxBytes?: number
  signal?: AbortSignal
  port?: number
  timers?: Timers
  onSocket?: (socket: Socket) => void
}

const get = ({ file = 'ITLFile.tlv', maxBytes = 65_536, signal, port = server.port, timers = new Timers() }: Change = {}) =>
  getByHttp(
    { host: '127.0.0.1', localAddress: undefined, file, maxBytes, signal },
    {
      environment: environmentOf({
        makeKey: () => Promise.reject(),
        tls: createTlsProfile(),
        trusted: [],
        startTimer: timers.start,
      }),
      options: bootOptions({ httpPort: port }),
    },
  )

/** A server of raw bytes. */
const raw = async (answer: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> => {
  const sockets = new Set<Socket>()
  const listening: Server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      listening.close()
      await once(listening, 'close')
    },
  }
}

t.test('a file, an empty one, one in a folder, and one that is not there', async t => {
  t.strictSame(await get(), files.get('ITLFile.tlv'))
  t.strictSame(await get({ file: 'empty' }), Buffer.alloc(0))
  t.strictSame((await get({ file: 'English_United_States/sip.jar' }))?.toString(), 'PK')
  t.strictSame((await get({ file: 'a b#?%/c' }))?.toString(), 'odd name')
  t.equal(await get({ file: 'nothing' }), undefined)
})

t.test('the connection is closed behind the file, and no timer and no listener stays', async t => {
  const timers = new Timers()
  const { signal } = new AbortController()
  let added = 0
  let removed = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    added++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    removed++
    removeEventListener.apply(signal, args)
  }
  await get({ timers, signal })
  t.equal(timers.running.size, 0)
  t.ok(added > 0)
  t.ok(removed >= added)
})

const OK = 'HTTP/1.1 200 OK\r\n'

t.test('what a server may answer instead of the file', async t => {
  const cases: [string, string | ((socket: Socket) => void), string][] = [
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n', 'BOOT_FILE_REFUSED'],
    ['an error', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 'BOOT_FILE_REFUSED'],
    ['half of a file', 'HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc', 'BOOT_FILE_REFUSED'],
    ['a file that is announced as too long', `${OK}Content-Length: 65537\r\n\r\n`, 'BOOT_FILE_TOO_LARGE'],
    ['a file that breaks off', `${OK}Content-Length: 100\r\n\r\nabc`, 'BOOT_FILE_BROKEN'],
    ['chunks that break off', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, 'BOOT_FILE_BROKEN'],
    ['chunks that are none', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 'BOOT_FILE_BROKEN'],
    ['garbage', '\u0000\u0001\u0002 hello\r\n\r\n', 'BOOT_FILE_BROKEN'],
    ['nothing', '', 'BOOT_FILE_BROKEN'],
    ['headers without end', `${OK}${'X: y\r\n'.repeat(4_000)}`, 'BOOT_FILE_BROKEN'],
  ]
  for (const [name, answer, code] of cases) {
    await using bad = await raw(socket => socket.end(answer as string))
    await t.rejects(get({ port: bad.port }), { code }, name)
  }
})

t.test('a body without end is given up when it is too long', async t => {
  for (const head of [`${OK}\r\n`, `${OK}Transfer-Encoding: chunked\r\n\r\n`]) {
    let sent = 0
    await using endless = await raw(socket => {
      const block = head.includes('chunked') ? Buffer.from(`1000\r\n${'x'.repeat(4096)}\r\n`) : Buffer.alloc(4096, 120)
      socket.write(head)
      const pour = () => {
        while (!socket.destroyed && sent < 50_000_000) {
          sent += block.length
          if (!socket.write(block)) return
        }
      }
      socket.on('drain', pour)
      pour()
    })
    await t.rejects(get({ port: endless.port }), { code: 'BOOT_FILE_TOO_LARGE' })
  }
})

t.test('silence, a stalled body and an abort end at once, on a clock that stands still', async t => {
  for (const said of ['', `${OK}Content-Length: 100\r\n\r\nabc`]) {
    const timers = new Timers()
    const told = Promise.withResolvers<void>()
    await using stalled = await raw(socket => {
      socket.write(said)
      told.resolve()
    })
    const waiting = get({ port: stalled.port, timers })
    await told.promise
    t.strictSame(
      [...timers.running].map(({ ms }) => ms),
      [30_000],
    )
    timers.runOut()
    await t.rejects(waiting, { code: 'BOOT_FILE_TIMEOUT' })

    const abort = new AbortController()
    await using other = await raw(socket => {
      socket.write(said)
      abort.abort()
    })
    await t.rejects(get({ port: other.port, signal: abort.signal }), { code: 'BOOT_ABORTED' })
  }
  await t.rejects(get({ signal: AbortSignal.abort() }), { code: 'BOOT_ABORTED' })
})

t.test('nobody there', async t => {
  const error = await get({ port: 1 }).catch(error => error)
  t.ok(error instanceof BootError)
  t.match(error, { code: 'BOOT_UNREACHABLE', message: /nobody answers there \(connect ECONNREFUSED.*\(BOOT_UNREACHABLE\)$/ })
})
