import { formatPacket, type Packet } from '@capfkit/codec/tftp'
import fc from 'fast-check'
import t from 'tap'
import { environmentOf } from '../src/environment.ts'
import { getByTftp } from '../src/files/tftp.ts'
import { TftpReader } from '../src/files/tftp-reader.ts'
import { type BootOptions, bootOptions, createTlsProfile } from '../src/index.ts'
import { TftpFiles, type TftpTurn } from './file-servers.ts'

const files = new Map([512, 0, 1, 511, 513, 20_000].map(length => [`file${length}`, Buffer.alloc(length, length)] as const))
const server = await TftpFiles.start(files)
t.teardown(() => server[Symbol.asyncDispose]())

const environment = environmentOf({ makeKey: () => Promise.reject(), tls: createTlsProfile(), trusted: [] })

const get = (file: string, change: { maxBytes?: number; signal?: AbortSignal; options?: Partial<BootOptions> } = {}) =>
  getByTftp(
    { host: '127.0.0.1', localAddress: undefined, file, maxBytes: change.maxBytes ?? 65_536, signal: change.signal },
    { environment, options: bootOptions({ tftpPort: server.port, tftpTimeoutMs: 20, tftpTries: 3, ...change.options }) },
  )

/** One transfer with a server that plays this script. */
const play = async (script: (turn: TftpTurn) => void, change: Parameters<typeof get>[1] = {}) => {
  server.script = script
  server.heard.length = 0
  try {
    return await get('x', change)
  } finally {
    server.script = undefined
  }
}

const data = (block: number, bytes: number | Buffer = 512): Packet => ({
  name: 'DATA',
  block,
  data: typeof bytes === 'number' ? Buffer.alloc(bytes, block) : bytes,
})

/** The last packet of a transfer may still be on its way. */
const heardAtLast = async (isIt: (packet: Packet) => boolean): Promise<Packet | undefined> => {
  for (let turn = 0; turn < 1_000 && !server.heard.some(isIt); turn++) await new Promise(setImmediate)
  return server.heard.find(isIt)
}

t.test('files of every length around a block, and one that is not there', async t => {
  for (const [name, bytes] of files) t.strictSame(await get(name), bytes, name)
  t.equal(await get('nothing'), undefined)
})

t.test('asks for larger blocks, the size and its time-out, and takes what the server agrees to', async t => {
  const file = Buffer.from('0123456789'.repeat(100))
  const found = await play(
    ({ packet, say }) => {
      if (packet.name === 'RRQ') {
        t.match(packet, { file: 'x', mode: 'octet', options: { blksize: '1428', tsize: '0', timeout: '2' } })
        say({ name: 'OACK', options: { blksize: '600', tsize: String(file.length), unknown: '1' } })
      } else if (packet.name === 'ACK') say(data(packet.block + 1, file.subarray(packet.block * 600, packet.block * 600 + 600)))
    },
    { options: { tftpTimeoutMs: 2_000 } },
  )
  t.strictSame(found, file)
  await heardAtLast(packet => packet.name === 'ACK' && packet.block === 2)
  t.strictSame(
    server.heard.map(packet => (packet.name === 'ACK' ? packet.block : packet.name)),
    ['RRQ', 0, 1, 2],
  )
})

t.test('a lost packet is asked for again, from either side, and copies are answered but not taken twice', async t => {
  const lost = new Set<string>()
  const found = await play(({ packet, say }) => {
    const key = JSON.stringify(packet)
    if (!lost.has(key)) {
      lost.add(key)
      return
    }
    const block = packet.name === 'ACK' ? packet.block + 1 : 1
    if (block > 3) return
    say(data(block, block === 3 ? 100 : 512))
    say(data(block, block === 3 ? 100 : 512))
  })
  t.strictSame(found, Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 2), Buffer.alloc(100, 3)]))
})

t.test('a server that stops is given up after as many tries as it is told', async t => {
  await t.rejects(
    play(() => {}),
    { code: 'BOOT_UNREACHABLE' },
  )
  t.equal(server.heard.filter(({ name }) => name === 'RRQ').length, 3)
  await t.rejects(
    play(({ packet, say }) => packet.name === 'RRQ' && say(data(1))),
    { code: 'BOOT_FILE_TIMEOUT' },
  )
  t.equal(server.heard.filter(packet => packet.name === 'ACK' && packet.block === 1).length, 3)
})

t.test('endless copies end with the time of the whole file', async t => {
  const endless = play(({ say }) => setTimeout(say, 1, data(1)), { options: { fileTimeoutMs: 60 } })
  await t.rejects(endless, { code: 'BOOT_FILE_TIMEOUT' })
})

t.test('what a server may send instead of a block', async t => {
  const cases: [string, Packet | Buffer, string][] = [
    ['its own request', { name: 'WRQ', file: 'x', mode: 'octet', options: {} }, 'BOOT_FILE_BROKEN'],
    ['an acknowledgement', { name: 'ACK', block: 1 }, 'BOOT_FILE_BROKEN'],
    ['an unknown opcode', Buffer.from([0, 9, 0, 0]), 'BOOT_FILE_BROKEN'],
    ['one byte', Buffer.from([0]), 'BOOT_FILE_BROKEN'],
    ['nothing', Buffer.alloc(0), 'BOOT_FILE_BROKEN'],
    ['a block that is too long', data(1, 1_429), 'BOOT_FILE_BROKEN'],
    ['larger blocks than asked for', { name: 'OACK', options: { blksize: '2000' } }, 'BOOT_FILE_BROKEN'],
    ['a file that is too long', { name: 'OACK', options: { tsize: '65537' } }, 'BOOT_FILE_TOO_LARGE'],
    ['a refusal', { name: 'ERROR', errorCode: 2, message: 'Access violation' }, 'BOOT_FILE_REFUSED'],
  ]
  for (const [name, answer, code] of cases)
    await t.rejects(
      play(({ packet, say }) => packet.name === 'RRQ' && say(answer)),
      { code },
      name,
    )
})

t.test('a file without end is given up when it is too long, and the server hears why', async t => {
  const endless = play(({ packet, say }) => say(data(packet.name === 'ACK' ? packet.block + 1 : 1)), { maxBytes: 5_000 })
  await t.rejects(endless, { code: 'BOOT_FILE_TOO_LARGE' })
  t.match(await heardAtLast(({ name }) => name === 'ERROR'), { name: 'ERROR', errorCode: 3 })
})

t.test('packets of another port are refused and change nothing', async t => {
  const found = await play(({ packet, say, sayFromElsewhere }) => {
    if (packet.name === 'RRQ') {
      say(data(1))
      sayFromElsewhere(data(2, Buffer.from('not yours')))
      sayFromElsewhere({ name: 'ERROR', errorCode: 0, message: 'give up' })
    } else if (packet.name === 'ACK') say(data(2, Buffer.from('yours')))
  })
  t.strictSame(found, Buffer.concat([Buffer.alloc(512, 1), Buffer.from('yours')]))
})

t.test('an abort, before and in the middle', async t => {
  await t.rejects(get('file1', { signal: AbortSignal.abort() }), { code: 'BOOT_ABORTED' })
  const abort = new AbortController()
  await t.rejects(
    play(() => abort.abort(), { signal: abort.signal }),
    { code: 'BOOT_ABORTED' },
  )
})

t.test('block numbers begin anew behind 65535', async t => {
  const reader = new TftpReader({ request: { file: 'x', maxBytes: 100_000_000 }, options: bootOptions({ tftpBlockBytes: 512 }) })
  const block = Buffer.alloc(512)
  for (let number = 1; number <= 65_536; number++) reader.take(data(number % 65_536, block))
  const last = reader.take(data(1, Buffer.from('end')))
  t.equal(last.file?.length, 65_536 * 512 + 3)
})

t.test('the reader: whatever order packets come in, the file is the blocks in their order, or there is none', async () => {
  const blocks = [Buffer.alloc(512, 1), Buffer.alloc(512, 2), Buffer.alloc(512, 3), Buffer.from('last')]
  const packet = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }).map(number => data(number, blocks[number - 1]!)) },
    fc.constant<Packet>({ name: 'OACK', options: {} }),
    fc.integer({ min: 0, max: 65_535 }).map((block): Packet => ({ name: 'DATA', block, data: Buffer.from('wrong') })),
  )
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 40 }), packets => {
      const reader = new TftpReader({ request: { file: 'x', maxBytes: 10_000 }, options: bootOptions() })
      for (const one of packets) {
        const { file, failure } = reader.take(one)
        if (failure) return true
        if (file) return file.equals(Buffer.concat(blocks)) || packets.some(p => p.name === 'DATA' && p.data.toString() === 'wrong')
      }
      return true
    }),
  )
})

t.test('random bytes never do more than end a transfer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async bytes => {
      const outcome = await play(({ packet, say }) => packet.name === 'RRQ' && say(Buffer.from(bytes)), {
        options: { tftpTimeoutMs: 10, tftpTries: 1 },
      }).then(
        () => 'file',
        error => error.code,
      )
      return /^(file|BOOT_[A-Z_]+)$/.test(outcome) && outcome !== 'BOOT_INTERNAL'
    }),
    { numRuns: 50 },
  )
})

t.test('options may be spelt in any case', async t => {
  // Names of options come in any case (RFC 2347).
  const found = await play(({ packet, say }) => {
    if (packet.name === 'RRQ') say(Buffer.concat([Buffer.from([0, 6]), Buffer.from('BLKSIZE\x001428\0TSIZE\x003\0')]))
    else say(formatPacket(data(1, Buffer.from('abc'))))
  })
  t.equal(found?.toString(), 'abc')
})

t.test('a packet from port 0, where nobody can be answered, is as if it had not come', async t => {
  const createUdpSocket = () => {
    const socket = environment.createUdpSocket()
    const from = { address: '127.0.0.1', family: 'IPv4', port: 0, size: 4 } as const
    const stray = formatPacket(data(1, 3))
    socket.once('listening', () => socket.emit('message', stray, from))
    socket.prependListener('message', (_, { port }) => void (port === 0 || socket.emit('message', stray, from)))
    return socket
  }
  const options = bootOptions({ tftpPort: server.port, tftpTimeoutMs: 1_000 })
  const request = { host: '127.0.0.1', localAddress: undefined, file: 'file20000', maxBytes: 65_536, signal: undefined }
  t.strictSame(await getByTftp(request, { environment: { ...environment, createUdpSocket }, options }), files.get('file20000'))
})
