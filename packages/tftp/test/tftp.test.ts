import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { formatPacket } from '@capfkit/codec/tftp'
import t from 'tap'
import { memorySource, ScriptedClient, Serving } from './serving.ts'

const content = (length: number, first = 0) => Buffer.from(Array.from({ length }, (_, index) => (first + index) % 251))
const ITL = content(7_515)
const source = memorySource({ 'ITLFile.tlv': ITL, 'folder/ring list.xml': content(100) })
const start = (options?: Parameters<typeof Serving.start>[0]['options']) =>
  Serving.start({ source, ...(options ? { options } : {}) })

t.test('a file arrives whole: plain, with options, from a folder, by a name with a slash in front', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  t.ok((await client.fetch('ITLFile.tlv')).equals(ITL))
  t.ok((await client.fetch('ITLFile.tlv', { options: { blksize: '1428', tsize: '0' } })).equals(ITL))
  t.ok((await client.fetch('/ITLFile.tlv', { options: { blksize: '8' } })).equals(ITL))
  t.equal((await client.fetch('folder/ring list.xml')).length, 100)
  t.match(await serving.ended(4), Array(4).fill({ transport: 'tftp', remoteAddress: '127.0.0.1', outcome: 'sent' }))
  t.equal(serving.server.report().transfers, 0)
})

t.test('each transfer has a port of its own: RFC 1350 section 4', async t => {
  await using serving = await start()
  await using one = new ScriptedClient(serving.tftpPort)
  await using two = new ScriptedClient(serving.tftpPort)
  one.request('ITLFile.tlv')
  two.request('ITLFile.tlv')
  const ports = [(await one.next()).port, (await two.next()).port, serving.tftpPort]
  t.equal(new Set(ports).size, 3, ports.join(' '))
})

t.test('somebody else who sends to the port of a transfer gets error 5, and the transfer goes on', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  await using stranger = new ScriptedClient(serving.tftpPort)
  client.request('ITLFile.tlv')
  const first = await client.next()
  stranger.send({ name: 'ACK', block: 1 }, first.port)
  t.match(await stranger.next(), { packet: { name: 'ERROR', errorCode: 5 }, port: first.port })
  stranger.send({ name: 'ERROR', errorCode: 0, message: '' }, first.port)
  client.send({ name: 'ACK', block: 1 }, first.port)
  t.match(await client.next(), { packet: { name: 'DATA', block: 2 } })
  t.equal(stranger.waiting, 0, 'an error is not answered')
})

t.test('packets that are lost are sent again, whichever they are', async t => {
  await using serving = await start({ retransmitTimeoutMs: 5, maxTries: 50 })
  await using client = new ScriptedClient(serving.tftpPort)
  const arrived = await client.fetch('ITLFile.tlv', { options: { blksize: '512' }, lose: count => count % 3 === 0 })
  t.ok(arrived.equals(ITL))
})

t.test('a request that comes twice makes one transfer; the port may be used again for the next file', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  client.request('ITLFile.tlv')
  client.request('ITLFile.tlv')
  const { port } = await client.next()
  t.equal(serving.server.report().transfers, 1)
  client.send({ name: 'ACK', block: 1 }, port)
  await client.next()
  client.request('ITLFile.tlv')
  client.send({ name: 'ACK', block: 2 }, port)
  t.match(await client.next(), { port, packet: { block: 3 } }, 'nor does a late one disturb it')
  // The client has what it wants and its last acknowledgements were lost: it asks for another file.
  client.request('folder/ring list.xml')
  const second = await client.next()
  t.not(second.port, port)
  t.match(second.packet, { name: 'DATA', block: 1, data: content(100) })
  client.send({ name: 'ACK', block: 1 }, second.port)
  const served = await serving.ended(2)
  t.match(
    served.map(({ outcome }) => outcome),
    ['gave-up', 'sent'],
  )
})

t.test('a request that comes twice may have options that grow when their case is changed', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  // U+0130 has two bytes, and its small letter three: written again, the request would be longer than one may be.
  const options = Array.from({ length: 30 }, (_, index) => `${'\u0130'.repeat(5)}${index}\0${1}\0`).join('')
  const request = Buffer.concat([Buffer.of(0, 1), Buffer.from(`ITLFile.tlv\0octet\0${options}`)])
  t.ok(request.length <= 512)
  client.send(request)
  const { port } = await client.next()
  client.send(request)
  client.send({ name: 'ACK', block: 1 }, port)
  t.match(await client.next(), { port, packet: { name: 'DATA', block: 2 } })
  t.equal(serving.server.report().transfers, 1)
})

t.test('a client that acknowledges a refusal, as tftp-hpa does, gets its next file', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  for (const file of ['none', '../none']) {
    client.request(file)
    t.match(await client.next(), { packet: { name: 'ERROR' } })
    client.send({ name: 'ACK', block: 0 })
  }
  client.request('ITLFile.tlv')
  t.match(await client.next(), { packet: { name: 'DATA', block: 1 } })
})

t.test('duplicated and reordered acknowledgements send nothing twice', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  client.request('ITLFile.tlv')
  const { port } = await client.next()
  const blocks: number[] = []
  for (let block = 1; block < 15; block++) {
    for (const ack of [block, block, Math.max(0, block - 1), block]) client.send({ name: 'ACK', block: ack }, port)
    const { packet } = await client.next()
    blocks.push(packet.name === 'DATA' ? packet.block : -1)
  }
  client.send({ name: 'ACK', block: 15 }, port)
  t.match(await serving.ended(1), [{ outcome: 'sent' }])
  t.strictSame(
    blocks,
    Array.from({ length: 14 }, (_, index) => index + 2),
  )
  t.equal(client.waiting, 0)
})

t.test('whoever asks for what cannot be had gets the code of RFC 1350', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  const cases: [what: string, send: () => void, errorCode: number][] = [
    ['an unknown file', () => client.request('SEP000000000000.cnf.xml'), 1],
    ['a write', () => client.send({ name: 'WRQ', file: 'x', mode: 'octet', options: {} }), 2],
    ['a wrong opcode', () => client.send(Buffer.of(0, 9)), 4],
    ['a request without a mode', () => client.send(Buffer.from('\0\x01x\0')), 4],
    ['an unknown mode', () => client.send(Buffer.from('\0\x01x\0image\0')), 4],
    ['a request of 600 bytes', () => client.send(Buffer.from(`\0\x01${'a'.repeat(590)}\0octet\0`)), 4],
    ['data', () => client.send({ name: 'DATA', block: 1, data: Buffer.alloc(9) }), 4],
    ['an answer to options', () => client.send({ name: 'OACK', options: {} }), 4],
    ['nothing at all', () => client.send(Buffer.alloc(0)), 4],
  ]
  for (const [what, send, errorCode] of cases) {
    send()
    t.match((await client.next()).packet, { name: 'ERROR', errorCode }, what)
  }
  client.send({ name: 'ERROR', errorCode: 1, message: 'x' })
  client.send(Buffer.of(0, 5))
  client.request('none')
  t.match((await client.next()).packet, { name: 'ERROR', errorCode: 1 }, 'errors, good and bad ones, were not answered')
  t.equal(client.waiting, 0)
})

t.test('names that lead elsewhere are refused', async t => {
  await using serving = await start()
  await using client = new ScriptedClient(serving.tftpPort)
  const names = [
    '../ITLFile.tlv',
    'folder/../ITLFile.tlv',
    '//ITLFile.tlv',
    '/',
    '.',
    '..\\ITLFile.tlv',
    'C:/ITLFile.tlv',
    '.profile',
    'a//b',
    'x'.repeat(300),
    'a\nb',
  ]
  for (const name of names) {
    client.request(name)
    t.match((await client.next()).packet, { name: 'ERROR', errorCode: 2 }, name)
  }
  t.match(await serving.ended(names.length), Array(names.length).fill({ outcome: 'refused' }))
})

t.test('a client that never acknowledges is given up and leaves nothing behind', async t => {
  await using serving = await start({ retransmitTimeoutMs: 1, maxTries: 3 })
  await using client = new ScriptedClient(serving.tftpPort)
  client.request('ITLFile.tlv')
  const names: string[] = []
  while (names.at(-1) !== 'ERROR') names.push((await client.next()).packet.name)
  t.strictSame(names, ['DATA', 'DATA', 'DATA', 'ERROR'])
  t.match(await serving.ended(1), [{ outcome: 'gave-up' }])
  t.equal(serving.server.report().transfers, 0)
})

t.test('more transfers than are allowed are not answered, so that the phone asks again', async t => {
  for (const limit of ['maxTransfers', 'maxTransfersPerAddress']) {
    await using serving = await start({ [limit]: 1 })
    await using one = new ScriptedClient(serving.tftpPort)
    await using two = new ScriptedClient(serving.tftpPort)
    one.request('ITLFile.tlv')
    const first = await one.next()
    two.request('ITLFile.tlv')
    t.match(await serving.ended(1), [{ outcome: 'busy' }], limit)
    one.send({ name: 'ERROR', errorCode: 0, message: 'enough' }, first.port)
    await serving.ended(2)
    t.ok((await two.fetch('ITLFile.tlv')).equals(ITL), 'the next request is answered')
    t.equal(two.waiting, 0, 'and the first one was not')
  }
})

t.test('1,000 transfers at once, a fifth of whose packets is lost', async t => {
  const files = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`SEP${n}.cnf.xml`, content(1_200 + n, n)]))
  await using serving = await Serving.start({ source: memorySource(files), options: { retransmitTimeoutMs: 50, maxTries: 100 } })
  const fetchOne = async (name: string, n: number) => {
    await using client = new ScriptedClient(serving.tftpPort)
    // Requests of a storm may be lost before the server has seen them: clients ask again.
    using again = setInterval(() => client.request(name), 250)
    const bytes = await client.fetch(name, {
      lose: count => {
        again[Symbol.dispose]()
        return (count + n) % 5 === 0
      },
    })
    return bytes.equals(files[name]!)
  }
  const right = await Promise.all(Object.keys(files).map(fetchOne))
  t.equal(right.filter(Boolean).length, 1_000)
  // What is left of a client that is gone may still be waited for; nothing may be wrong with the server.
  const ends = new Set(serving.served.map(({ outcome }) => outcome))
  for (const outcome of ['failed', 'busy', 'refused', 'not-found'] as const) t.notOk(ends.has(outcome), outcome)
})

t.test('closing takes no more requests, lets a transfer end, and cuts what does not', async t => {
  await using serving = await start({ drainTimeoutMs: 60_000 })
  await using client = new ScriptedClient(serving.tftpPort)
  await using late = new ScriptedClient(serving.tftpPort)
  client.request('ITLFile.tlv')
  const first = await client.next()
  const closed = serving.server.close()
  late.request('ITLFile.tlv')
  for (let block = 1; block <= 15; block++) {
    client.send({ name: 'ACK', block }, first.port)
    if (block < 15) await client.next()
  }
  await closed
  t.match(serving.served, [{ outcome: 'sent' }], 'the running one is whole')
  t.equal(late.waiting, 0, 'the late one was not answered')

  await using hasty = await start({ drainTimeoutMs: 1 })
  await using slow = new ScriptedClient(hasty.tftpPort)
  slow.request('ITLFile.tlv')
  await slow.next()
  await hasty.server.close()
  t.match((await slow.next()).packet, { name: 'ERROR', message: 'The server stops' })
  t.match(hasty.served, [{ outcome: 'stopped' }])
})

t.test('an address that is taken is said so, and nothing is left listening', async t => {
  const taken = createSocket('udp4')
  taken.bind(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address()
  await t.rejects(start({ listen: `127.0.0.1:${port}` }), { code: 'LISTEN_PORT_IN_USE', where: `127.0.0.1:${port}` })
  await t.rejects(start({ listen: '192.0.2.1:6969' }), { code: 'LISTEN_FAILED' })
  taken.close()
})

t.test('over IPv6 too', async t => {
  await using serving = await start({ listen: '[::1]:0' })
  const client = createSocket('udp6')
  client.send(formatPacket({ name: 'RRQ', file: 'folder/ring list.xml', mode: 'octet', options: {} }), serving.tftpPort, '::1')
  const [datagram] = await once(client, 'message')
  t.equal(datagram.length, 104)
  client.close()
})

t.test('without TFTP, only HTTP listens', async t => {
  await using serving = await start({ tftp: false })
  t.strictSame(Object.keys(serving.server.addresses), ['http'])
})
