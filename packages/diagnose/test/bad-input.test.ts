import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { diagnose } from '@capfkit/diagnose'
import fc from 'fast-check'
import t from 'tap'
import { bytesAs } from './inputs.ts'

const read = (name: string) => readFileSync(resolve(import.meta.dirname, '../../../test-vectors/logs', name))
const TRACE = read('capf-online-ca-timeout.txt')
const NOW = new Date('2026-11-21T12:00:00Z')

const names = async (...files: Parameters<typeof bytesAs>[]) => {
  const { sources, findings } = await diagnose(
    files.map(file => bytesAs(...file)),
    { now: NOW },
  )
  return { sources, names: findings.map(({ name }) => name) }
}

t.test('a trace is read whichever way it is packed, encoded and cut into pieces', async t => {
  const utf16 = Buffer.from(TRACE.toString('utf8'), 'utf16le')
  const forms: Record<string, Buffer> = {
    gzip: gzipSync(TRACE),
    'gzip in two members': Buffer.concat([gzipSync(TRACE.subarray(0, 900)), gzipSync(TRACE.subarray(900))]),
    'UTF-16 with its mark': Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    'UTF-16 without': utf16,
    'UTF-16 the other way round': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()]),
    'UTF-16 in gzip': gzipSync(utf16),
    'UTF-8 with a mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), TRACE]),
    'from Windows': Buffer.from(TRACE.toString('utf8').replaceAll('\n', '\r\n')),
    'without a last end of line': TRACE.subarray(0, TRACE.length - 1),
  }
  for (const [form, bytes] of Object.entries(forms))
    for (const pieceBytes of [1, 7, 65_536])
      t.strictSame(
        (await names(['capf0001.txt', bytes, pieceBytes])).names,
        ['ca-enrol-timeout'],
        `${form}, pieces of ${pieceBytes}`,
      )
})

t.test('what cannot be read is left out, and said', async t => {
  const tar = Buffer.alloc(10_240)
  tar.write('capf0001.txt')
  tar.write('ustar', 257)
  TRACE.copy(tar, 512, 0, 400)
  const archive = gzipSync(Buffer.concat(Array.from({ length: 200 }, () => TRACE)))
  const cases: Record<string, [Buffer, RegExp]> = {
    empty: [Buffer.alloc(0), /the file is empty/],
    binary: [Buffer.from([0x7f, 0x45, 0x4c, 0x46, ...Buffer.alloc(200)]), /binary/],
    'a picture': [Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /binary/],
    'a zip archive': [Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]), /an archive \(zip\), unpack it/],
    'a tar archive in gzip': [gzipSync(tar), /an archive \(tar\), unpack it/],
    'another log': [
      Buffer.from('Nov 21 10:00:00 host sshd[1]: Accepted publickey\n'.repeat(20)),
      /no line of a kind that is known/,
    ],
    'a damaged archive': [archive.subarray(0, 400), /gzip archive is damaged or cut off/],
  }
  for (const [what, [bytes, why]] of Object.entries(cases)) {
    const { sources } = await names([what, bytes])
    t.match(sources[0]?.leftOut[0]?.why, why, what)
  }
})

t.test('of an archive that breaks off what is whole counts', async t => {
  const lines = Array.from(
    { length: 4_000 },
    (_, index) => `14:05:04.${String(index % 1_000).padStart(3, '0')} | debug ${Math.sin(index)}\n`,
  )
  const archive = gzipSync(Buffer.concat([TRACE, Buffer.from(lines.join(''))]))
  const { sources, names: found } = await names(['capf0001.txt.gz', archive.subarray(0, archive.length - 500)])
  t.strictSame(found, ['ca-enrol-timeout'])
  t.match(sources[0]?.leftOut, [{ why: /cut off/ }])
})

t.test('a line of a megabyte is cut and the next ones are read', async t => {
  const long = `12:00:00.000 | debug 2:SEP001122334455:Session note: ${'x'.repeat(1_048_576)}\n`
  for (const pieceBytes of [4_096, 8_388_608]) {
    const { sources, names: found } = await names(['capf0001.txt', Buffer.concat([Buffer.from(long), TRACE]), pieceBytes])
    t.strictSame(found, ['ca-enrol-timeout'])
    t.match(sources[0]?.leftOut, [{ why: 'the ends of very long lines', line: 1, count: 1 }])
    t.equal(sources[0]?.lines, 28)
  }
})

t.test('a log behind a line of megabytes that is no log is read', async t => {
  for (const pieceBytes of [10_000, 8_388_608]) {
    const bytes = Buffer.concat([Buffer.from(`${'x'.repeat(1_500_000)}\n`), TRACE])
    const { sources, names: found } = await names(['capf0001.txt', bytes, pieceBytes])
    t.strictSame(found, ['ca-enrol-timeout'])
    t.match(sources, [{ kind: 'capf-trace', lines: 28 }])
  }
})

t.test('a public key that a trace prints as bytes does not make it binary', async t => {
  const key = Buffer.concat([
    Buffer.from('12:37:54.700 | debug 2:SEP001F6C81118B:pubKey: '),
    Buffer.from('3082000a0002010a', 'hex'),
  ])
  const { names: found } = await names(['capf0001.txt', Buffer.concat([key, Buffer.from('\n'), TRACE])])
  t.strictSame(found, ['ca-enrol-timeout'])
})

t.test('the mark of UTF-8 does not make a log one out of a scan', async t => {
  const { sources } = await names([
    'error.log',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), read('ces-template-misspelt.txt')]),
  ])
  t.match(sources, [{ kind: 'error-log', isNoisy: false }])
})

t.test('a file that cannot be read on is read so far', async t => {
  const broken = {
    name: 'capf0001.txt',
    async *chunks() {
      yield TRACE
      throw new Error('EIO: i/o error, read')
    },
  }
  const { sources, findings } = await diagnose([broken])
  t.match(findings, [{ name: 'ca-enrol-timeout' }])
  t.match(sources[0]?.leftOut, [{ why: /EIO/ }])
})

t.test('random bytes, and logs with random damage, never make it fail', async t => {
  const logs = [
    'capf-online-ca-timeout.txt',
    'ces-template-misspelt.txt',
    'phone-console-unresolved.txt',
    'show-itl-seed.txt',
    'scanned-ces-template-misspelt.txt',
  ]
  const damaged = fc
    .record({
      log: fc.constantFrom(...logs.map(read)),
      at: fc.nat(4_000),
      bytes: fc.uint8Array({ maxLength: 40 }),
      drop: fc.nat(400),
    })
    .map(({ log, at, bytes, drop }) => Buffer.concat([log.subarray(0, at), bytes, log.subarray(at + drop)]))
  const anything = fc.oneof(
    damaged,
    fc.uint8Array({ maxLength: 600 }).map(bytes => Buffer.from(bytes)),
  )
  await t.resolves(
    fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 3 }), async files => {
        const { sources } = await diagnose(files.map((bytes, index) => bytesAs(`file${index}`, bytes)))
        if (sources.length !== files.length) throw new Error('a file is missing among the sources')
      }),
      { numRuns: 150 },
    ),
  )
})
