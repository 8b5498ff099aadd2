import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { encodeEntries, MAX_ENTRY_BYTES, protoText, RUN_RECORDS, type RunEntry, RunError, RunReader } from '../src/run/index.ts'
import { DONE, FAILED, HEADER, runEntries } from './run-entries.ts'

const read = (bytes: Uint8Array, chunk = bytes.length || 1) => {
  const reader = new RunReader('a.capfrun')
  const entries: RunEntry[] = []
  for (let at = 0; at < bytes.length; at += chunk) entries.push(...reader.push(bytes.subarray(at, at + chunk)))
  return { entries, ...reader.end() }
}

t.test('any entries come back as they were, whatever the chunks', async t => {
  fc.assert(
    fc.property(runEntries, entries => {
      const bytes = encodeEntries(entries)
      for (const chunk of [bytes.length, 1, 7]) {
        const found = read(bytes, chunk)
        t.equal(found.tornBytes, 0)
        t.strictSame(found.entries, entries)
      }
    }),
    { numRuns: 60 },
  )
})

t.test('a file that ends anywhere gives every entry that was whole before', async t => {
  const entries = [HEADER, DONE, FAILED, { kind: 'footer', endedMs: 5 } as RunEntry]
  const ends = entries.map((_, index) => encodeEntries(entries.slice(0, index + 1)).length)
  const bytes = encodeEntries(entries)
  for (let cut = ends[0]!; cut < bytes.length; cut++) {
    const { entries: found, tornBytes } = read(bytes.subarray(0, cut))
    const whole = ends.filter(end => end <= cut).length
    if (found.length !== whole || tornBytes !== cut - ends[whole - 1]!) t.fail(`cut at ${cut}: ${found.length} entries`)
  }
  for (let cut = 0; cut < ends[0]!; cut++) t.throws(() => read(bytes.subarray(0, cut)), { code: 'RUN_NOT_A_RUN' })
  t.equal(read(Buffer.concat([bytes, Buffer.alloc(4096)])).entries.length, entries.length, 'zeros of a torn page say nothing')
})

t.test('a flipped bit or foreign bytes: an error with its place, or other values, never anything else', async t => {
  const bytes = encodeEntries([HEADER, DONE, FAILED])
  let refused = 0
  const attempt = (damaged: Uint8Array) => {
    try {
      read(damaged)
    } catch (error) {
      if (!(error instanceof RunError)) throw error
      if (error.offset === undefined) t.fail('an error without a place')
      refused++
    }
  }
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    attempt(damaged)
  }
  t.ok(refused > bytes.length, `${refused} of ${8 * bytes.length} were refused`)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), noise => attempt(Buffer.concat([bytes, noise]))),
    { numRuns: 500 },
  )
})

t.test('what is no run file, or one of a newer version, is told with file and byte', async t => {
  const cases: [string, Uint8Array, object][] = [
    ['nothing', Buffer.alloc(0), { code: 'RUN_NOT_A_RUN', offset: 0 }],
    ['a text', Buffer.from('{"version":1,"seed":5}'), { code: 'RUN_NOT_A_RUN' }],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), { code: 'RUN_NOT_A_RUN' }],
    ['no header', encodeEntries([DONE]), { code: 'RUN_NOT_A_RUN' }],
    ['another format', encodeEntries([{ ...HEADER, format: 'pcap' } as RunEntry]), { code: 'RUN_NOT_A_RUN' }],
    [
      'a newer version',
      encodeEntries([{ ...HEADER, version: 2 } as RunEntry]),
      { code: 'RUN_VERSION', message: /^a\.capfrun: .*newer version \(byte 0\): version 2; .*\(RUN_VERSION\)$/ },
    ],
  ]
  for (const [name, bytes, error] of cases) t.throws(() => read(bytes), { name: 'RunError', where: 'a.capfrun', ...error }, name)
})

t.test('a number that is none is refused, so that no figure of a report can be none', async t => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    for (const wrong of [{ startMs: value }, { phasesMs: [1, value] }])
      t.throws(() => read(encodeEntries([HEADER, { ...DONE, ...wrong } as RunEntry])), { code: 'RUN_BAD_ENTRY' })
})

t.test('an entry that claims to be longer than any is refused before it is waited for', async t => {
  const head = encodeEntries([HEADER])
  const lengthOf = (length: number) => {
    const bytes: number[] = []
    for (let left = length; ; left = Math.floor(left / 128)) {
      bytes.push(left < 128 ? left : (left % 128) | 0x80)
      if (left < 128) return Buffer.from(bytes)
    }
  }
  const long = { code: 'RUN_ENTRY_TOO_LONG', offset: head.length }
  for (const length of [MAX_ENTRY_BYTES + 1, 0xffffffff])
    t.throws(() => read(Buffer.concat([head, lengthOf(length)])), long, String(length))
  t.throws(() => read(Buffer.concat([head, Buffer.alloc(20, 0xff)])), long, 'a length without an end')
  t.equal(read(Buffer.concat([head, lengthOf(MAX_ENTRY_BYTES)])).tornBytes, 3, 'the longest is waited for')
})

t.test('entries and fields of a later version are skipped', async t => {
  // An Entry with field 60, and a Round whose number is 3, with a field 9.
  const later = Buffer.from('04e2030101' + '081206' + '08034a020102', 'hex')
  const bytes = Buffer.concat([encodeEntries([HEADER]), later, encodeEntries([DONE])])
  const { entries } = read(bytes)
  t.strictSame(entries.at(-1), DONE)
  t.match(
    entries.find(({ kind }) => kind === 'round'),
    { number: 3, startMs: 0 },
  )
})

/** Files of the first version read the same for ever: no number may be given to something else. */
const FIRST_VERSION: readonly (readonly [RunEntry, hex: string])[] = [
  [
    HEADER,
    '730a710a0b636170666b69742d72756e1001190008807e69ab79422206636c69656e74280130023807420a0a0472617465120235304a0e3132372e302e302e' +
      '313a3338303450035a0b0a07696e7374616c6c10036207636f6e6e6563746203746c736a07696e7374616c6c6a07756e6b6e6f776e',
  ],
  [DONE, '3a1a380800120f5345503032303030303030303030301800200029000000000000000035000000003d0000f441420200014a080000803f0000ec41'],
  [
    FAILED,
    '7c1a7a0802120f53455030323030303030303030303218002001290000000000204440350000803e3d00004841420200014a080000003f0000404152400a06' +
      '7365727665721203746c731a1050484f4e455f544c535f4641494c4544221168616e647368616b65206661696c7572652a0c0801150000c03f1a03550002',
  ],
]

t.test('the bytes of the first version stay what they are', async t => {
  for (const [entry, hex] of FIRST_VERSION) t.equal(Buffer.from(encodeEntries([entry])).toString('hex'), hex, entry.kind)
  const { entries } = read(Buffer.from(FIRST_VERSION.map(([, hex]) => hex).join(''), 'hex'))
  t.strictSame(
    entries,
    FIRST_VERSION.map(([entry]) => entry),
  )
})

t.test('no number of a field stands twice in a record', async t => {
  for (const [name, { fields }] of Object.entries(RUN_RECORDS)) {
    const ids = Object.values<{ id: number }>(fields).map(({ id }) => id)
    t.equal(new Set(ids).size, ids.length, name)
  }
})

const noProtoc = spawnSync('protoc', ['--version']).error ? 'protoc is not installed' : false
if (noProtoc && process.env.CI === 'true') throw new Error('protoc must be installed in CI')

t.test(
  'protoc reads what we write, by the .proto of the documentation, and we read what it writes',
  { skip: noProtoc },
  async t => {
    const folder = t.testdir()
    writeFileSync(join(folder, 'run.proto'), protoText())
    const protoc = (how: string, input: Uint8Array | string) => {
      const { status, stdout, stderr } = spawnSync('protoc', [`--${how}=capfkit.run.Entry`, 'run.proto'], { cwd: folder, input })
      t.equal(status, 0, String(stderr))
      return stdout
    }
    // Without the length in front, which is one byte or two here.
    const bare = (entry: RunEntry) => {
      const bytes = encodeEntries([entry])
      return bytes.subarray(bytes.length > 129 ? 2 : 1)
    }
    const text = String(protoc('decode', bare(FAILED)))
    for (const words of [/device_name: "SEP020000000002"/, /reason: "PHONE_TLS_FAILED"/, /data: "U\\000\\002"/, /total_ms: 12\.5/])
      t.match(text, words)
    const written = protoc('encode', String(protoc('decode', bare(DONE))))
    const [, entry] = read(Buffer.concat([encodeEntries([HEADER]), Buffer.of(written.length), written])).entries
    t.strictSame(entry, DONE)
  },
)
