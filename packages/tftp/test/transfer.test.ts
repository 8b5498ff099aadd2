import { formatPacket, type Packet } from '@capfkit/codec/tftp'
import t from 'tap'
import { ACK, TransferHarness } from './transfer-harness.ts'

const content = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251))
const data = (block: number, bytes: Buffer): Packet => ({ name: 'DATA', block, data: bytes })
const error = (errorCode: number, message: string): Packet => ({ name: 'ERROR', errorCode, message })

t.test('block by block, each when the one before was acknowledged; a short block is the last', async t => {
  const file = content(1_100)
  const harness = await new TransferHarness({ content: file }).begin()
  t.strictSame(harness.take(), [data(1, file.subarray(0, 512))])
  t.strictSame(harness.ack(1), [data(2, file.subarray(512, 1024))])
  t.strictSame(harness.ack(2), [data(3, file.subarray(1024))])
  t.strictSame(harness.ack(3), [])
  t.match(harness.served, [{ transport: 'tftp', file: 'ITLFile.tlv', outcome: 'sent', bytes: 1_100, detail: undefined }])
  t.equal(harness.clock.waiting, 0, 'no timer is left')
})

t.test('a file that fills its last block is followed by an empty one, an empty file is one empty block', async t => {
  const whole = await new TransferHarness({ content: content(512) }).begin()
  whole.take()
  t.strictSame(whole.ack(1), [data(2, Buffer.alloc(0))])
  whole.ack(2)
  t.match(whole.served, [{ outcome: 'sent', bytes: 512 }])
  const empty = await new TransferHarness({ content: Buffer.alloc(0) }).begin()
  t.strictSame(empty.take(), [data(1, Buffer.alloc(0))])
  empty.ack(1)
  t.match(empty.served, [{ outcome: 'sent', bytes: 0 }])
})

t.test('options are agreed before the first block: those that are known, within the limits', async t => {
  const file = content(3_000)
  const asked = { blksize: '65464', timeout: '3', tsize: '0', windowsize: '64' }
  const harness = await new TransferHarness({ content: file, asked, options: { maxBlockBytes: 1_448 } }).begin()
  t.strictSame(harness.take(), [{ name: 'OACK', options: { blksize: '1448', timeout: '3', tsize: '3000' } }])
  t.strictSame(harness.ack(0), [data(1, file.subarray(0, 1_448))])
  t.strictSame(harness.ack(1), [data(2, file.subarray(1_448, 2_896))])
  t.strictSame(harness.ack(2), [data(3, file.subarray(2_896))])
})

t.test('no known option, no agreement: as RFC 1350 alone would have it', async t => {
  const harness = await new TransferHarness({ content: content(10), asked: { windowsize: '4', blksize: '7' } }).begin()
  t.match(harness.take(), [{ name: 'DATA', block: 1 }])
})

t.test('netascii: line ends grow, and the size that is told is that of what is sent', async t => {
  const harness = await new TransferHarness({ content: Buffer.from('a\nb\r'), mode: 'netascii', asked: { tsize: '0' } }).begin()
  t.strictSame(harness.take(), [{ name: 'OACK', options: { tsize: '6' } }])
  t.strictSame(harness.ack(0), [data(1, Buffer.from('a\r\nb\r\0'))])
})

t.test('an acknowledgement that comes twice, or late, sends nothing again', async t => {
  const harness = await new TransferHarness({ content: content(2_000) }).begin()
  harness.take()
  t.match(harness.ack(1), [{ block: 2 }])
  t.strictSame(harness.ack(1), [], 'twice: the Sorcerer’s Apprentice would send block 2 again')
  t.strictSame(harness.ack(0), [], 'of the past')
  t.strictSame(harness.ack(9), [], 'of the future')
  t.match(harness.ack(2), [{ block: 3 }])
  t.strictSame(harness.ack(1), [], 'out of order')
  t.match(harness.ack(3), [{ block: 4 }])
})

t.test('what is lost is sent again after the time-out, and the count begins anew with each block', async t => {
  const harness = await new TransferHarness({
    content: content(1_000),
    options: { retransmitTimeoutMs: 1_000, maxTries: 3 },
  }).begin()
  const [first] = harness.take()
  harness.clock.turn(999)
  t.strictSame(harness.take(), [], 'not before')
  harness.clock.turn(1)
  t.strictSame(harness.take(), [first])
  harness.clock.turn(1_000)
  t.strictSame(harness.take(), [first])
  t.match(harness.ack(1), [{ block: 2 }])
  harness.clock.turn(2_000)
  t.match(harness.take(), [{ block: 2 }, { block: 2 }])
  harness.ack(2)
  t.match(harness.served, [{ outcome: 'sent' }])
})

t.test('the client may ask for another time-out, which counts once it has acknowledged that', async t => {
  const harness = await new TransferHarness({ content: content(10), asked: { timeout: '200' } }).begin()
  harness.take()
  harness.clock.turn(1_000)
  t.match(harness.take(), [{ name: 'OACK' }], 'a made-up address holds nothing for long')
  harness.ack(0)
  harness.clock.turn(199_999)
  t.strictSame(harness.take(), [])
  harness.clock.turn(1)
  t.match(harness.take(), [{ name: 'DATA', block: 1 }])
  const hasty = await new TransferHarness({
    content: content(10),
    asked: { timeout: '1' },
    options: { retransmitTimeoutMs: 9_000 },
  }).begin()
  hasty.take()
  hasty.clock.turn(1_000)
  t.match(hasty.take(), [{ name: 'OACK' }], 'a shorter one counts at once')
})

t.test('a client that never acknowledges is given up after as many tries as are set', async t => {
  const harness = await new TransferHarness({ content: content(10), options: { retransmitTimeoutMs: 1_000, maxTries: 4 } }).begin()
  harness.clock.turn(100_000)
  t.strictSame(
    harness.take().map(({ name }) => name),
    ['DATA', 'DATA', 'DATA', 'DATA', 'ERROR'],
  )
  t.match(harness.served, [{ outcome: 'gave-up', bytes: 0, durationMs: 4_000, detail: 'block 1 was sent 4 times' }])
  t.equal(harness.clock.waiting, 0)
  t.ok(harness.signal?.aborted)
})

t.test('a client that acknowledges slowly enough to hold the transfer for ever is given up too', async t => {
  const harness = await new TransferHarness({
    content: content(512 * 100),
    options: { retransmitTimeoutMs: 1_000, maxTries: 5, transferTimeoutMs: 60_000 },
  }).begin()
  for (let block = 1; block <= 100 && harness.served.length === 0; block++) {
    harness.clock.turn(3_900)
    harness.transfer.receive(ACK(block))
  }
  t.match(harness.served, [{ outcome: 'gave-up' }])
  t.ok(harness.served[0]!.durationMs <= 65_000)
})

t.test('behind block 65535 comes block 0: files of more than 32 MB', async t => {
  const file = content(8 * 65_600 + 3)
  const harness = await new TransferHarness({ content: file, asked: { blksize: '8' } }).begin()
  harness.take()
  const parts: Buffer[] = []
  const blocks: number[] = []
  for (let [packet] = harness.ack(0); packet?.name === 'DATA'; [packet] = harness.ack(packet.block)) {
    parts.push(packet.data)
    blocks.push(packet.block)
  }
  t.ok(blocks.every((block, index) => block === (index + 1) % 65_536))
  t.equal(parts.length, 65_601)
  t.ok(Buffer.concat(parts).equals(file))
  t.match(harness.served, [{ outcome: 'sent', bytes: file.length }])
})

t.test('each refusal has its code, and nothing of what the server knows', async t => {
  const cases: [what: string, init: ConstructorParameters<typeof TransferHarness>[0], packet: Packet, outcome: string][] = [
    ['no such file', {}, error(1, 'File not found'), 'not-found'],
    ['a name that leads elsewhere', { file: '../etc/passwd', content: content(1) }, error(2, 'Access violation'), 'refused'],
    ['mail', { mode: 'mail', content: content(1) }, error(4, 'Illegal TFTP operation'), 'refused'],
    ['a source that fails', { content: new Error('/secret/path') }, error(0, 'The file cannot be given now'), 'failed'],
  ]
  for (const [what, init, packet, outcome] of cases) {
    const harness = await new TransferHarness(init).begin()
    t.strictSame(harness.take(), [packet], what)
    t.match(harness.served, [{ outcome }], what)
    t.equal(harness.opened, 0, 'no port was opened for it')
    t.equal(harness.clock.waiting, 0)
  }
})

t.test('a source that does not answer is given up, and told so', async t => {
  const harness = await new TransferHarness({ content: 'never', options: { sourceTimeoutMs: 5_000 } }).begin()
  harness.clock.turn(4_999)
  t.strictSame(harness.take(), [])
  t.notOk(harness.signal?.aborted)
  harness.clock.turn(1)
  t.strictSame(harness.take(), [error(0, 'The file cannot be given now')])
  t.match(harness.served, [{ outcome: 'failed', detail: 'not there after 5000 ms' }])
  t.ok(harness.signal?.aborted)
})

t.test('a client that ends the transfer is not answered', async t => {
  const harness = await new TransferHarness({ content: content(600), asked: { blksize: '8' } }).begin()
  harness.take()
  harness.transfer.receive(formatPacket({ name: 'ERROR', errorCode: 8, message: 'no options please' }))
  t.strictSame(harness.take(), [])
  t.match(harness.served, [{ outcome: 'client-error', detail: 'error 8: no options please' }])
})

t.test('what has no place in a transfer ends it with error 4', async t => {
  const nonsense: [string, Buffer][] = [
    ['opcode 9', Buffer.of(0, 9, 0, 1)],
    ['nothing', Buffer.alloc(0)],
    ['half an ACK', Buffer.of(0, 4, 0)],
    ['data', formatPacket({ name: 'DATA', block: 1, data: Buffer.alloc(1) })],
    ['another request', formatPacket({ name: 'RRQ', file: 'x', mode: 'octet', options: {} })],
  ]
  for (const [what, datagram] of nonsense) {
    const harness = await new TransferHarness({ content: content(600) }).begin()
    harness.take()
    harness.transfer.receive(datagram)
    t.strictSame(harness.take(), [error(4, 'Illegal TFTP operation')], what)
    t.match(harness.served, [{ outcome: 'client-error' }], what)
  }
})

t.test('a server that stops says so, once, in either state', async t => {
  for (const content of ['never', Buffer.alloc(600)] as const) {
    const harness = await new TransferHarness({ content }).begin()
    harness.take()
    harness.transfer.stop()
    harness.transfer.stop()
    harness.transfer.receive(ACK(1))
    t.strictSame(harness.take(), [error(0, 'The server stops')])
    t.match(harness.served, [{ outcome: 'stopped' }])
    t.equal(harness.served.length, 1)
  }
})
