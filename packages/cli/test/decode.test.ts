import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const ALL_VECTORS = new URL('../../../test-vectors/', import.meta.url).pathname
const VECTORS = join(ALL_VECTORS, 'capf')
const recordings = [
  { protocol: 'capf', headerBytes: 8 },
  { protocol: 'tvs', headerBytes: 10 },
].flatMap(({ protocol, headerBytes }) =>
  readdirSync(join(ALL_VECTORS, protocol))
    .filter(name => name.endsWith('.txt') && !name.endsWith('.decoded.txt'))
    .map(name => ({ name: `${protocol}/${name}`, file: join(ALL_VECTORS, protocol, name), headerBytes })),
)

/** Frame lines of a recording as another program took them apart. */
const decodedByOthers = (file: string) =>
  readFileSync(file.replace(/\.txt$/, '.decoded.txt'), 'utf8')
    .split('\n')
    .flatMap((line): object[] => {
      const frame = /^([SC]>[SC]) (\w+) command=(\d+) session=(\d+) length=(\d+)/.exec(line)
      if (frame)
        return [
          { direction: frame[1], name: frame[2], command: Number(frame[3]), sessionId: Number(frame[4]), length: Number(frame[5]) },
        ]
      const element = /^ +(\w+) +tag=(\d+) +len=(\d+)/.exec(line)
      return element ? [{ element: element[1], tag: Number(element[2]), length: Number(element[3]) }] : []
    })

for (const { name, file, headerBytes } of recordings) {
  t.test(`the recording ${name} decodes as another program decoded it`, async t => {
    const { code, stdout } = await onTerminal(['decode', file, '--json'], { isTTY: false })
    t.equal(code, 0)
    const frames = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const seen = frames.flatMap(({ direction, name, command, sessionId, bytes, elements }) => [
      { direction, name, command, sessionId, length: bytes - headerBytes },
      ...elements.map((element: { name: string; tag: number; length: number }) => ({
        element: element.name,
        tag: element.tag,
        length: element.length,
      })),
    ])
    t.strictSame(seen, decodedByOthers(file))
    const screen = await onTerminal(['decode', file], { isTTY: false })
    t.equal(screen.code, 0)
    for (const frame of frames) t.match(screen.stdout, frame.name)
  })
}

t.test('a password is shown on demand only', async t => {
  const file = join(VECTORS, 'install-password-auth.txt')
  for (const args of [[], ['--json']]) {
    const hidden = await onTerminal(['decode', file, ...args], { isTTY: false })
    t.match(hidden.stdout, '[secret]')
    t.notMatch(hidden.stdout, /123456|313233343536/)
    const shown = await onTerminal(['decode', file, '--show-secrets', ...args], { isTTY: false })
    t.match(shown.stdout, '"123456"')
    t.match(shown.stderr, /^warning: --show-secrets: /)
  }
})

t.test('raw bytes from stdin, several frames in one go', async t => {
  const frames = readFileSync(join(VECTORS, 'install-rsa2048.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => Buffer.from(line.split(' ').at(-1) ?? '', 'hex'))
  const { code, stdout } = await capf(['decode', '-', '--json'], { cwd: t.testdir(), input: Buffer.concat(frames) })
  t.equal(code, 0)
  t.equal(stdout.trim().split('\n').length, frames.length)
})

t.test('what does not decode is told with offset and place, and the rest is shown all the same', async t => {
  const cwd = t.testdir()
  const file = join(cwd, 'bad.txt')
  const decode = async (text: string | Buffer, ...args: string[]) => {
    writeFileSync(file, text)
    return onTerminal(['decode', file, ...args], { isTTY: false })
  }
  const cases: [text: string, said: string | RegExp][] = [
    ['55010000002700080700010308000100ff', 'bytes follow the end of the frame or field (byte 16, CODEC_TRAILING_BYTES)'],
    ['55ff000000270000', 'no message of the protocol has this command number (byte 1, CODEC_UNKNOWN_COMMAND)'],
    ['56010000002700080700010308000100', /not a frame .*\n.*\(byte 0, CODEC_BAD_MAGIC\)/],
    ['5516', 'CODEC_TRUNCATED'],
    ['not hexadecimal', 'the line is not a frame in hexadecimal'],
    ['550f000000270006020003ff0041', 'END_SESSION.REASON'],
    ['5502000000270007 0b0004 31323334', /PASSWORD +4 {2}\[secret\]/],
  ]
  for (const [text, said] of cases) {
    const { code, stdout, stderr } = await decode(`# comment\n55:01:00 00002700080700010308000100\n${text}\n`)
    t.equal(code, 1)
    t.match(stdout, said)
    t.match(stdout, 'AUTH_REQUEST', 'the good frame is there')
    t.match(stderr, '1 of 2 did not decode')
    t.notMatch(stdout, '1234')
  }
  t.match(await decode(''), { code: 1, stderr: /there is no frame in it/ })
  t.match(await decode(Buffer.from('5501000000', 'hex')), { code: 1, stdout: /byte 0/ })
  t.match(await decode(Buffer.alloc(17 * 1_048_576)), { code: 2, stderr: /CLI_FILE_TOO_LARGE/ })
})

t.test('frames of CAPF and TVS in one input, each by its first byte; what is inferred says so', async t => {
  const query = Buffer.from('5701030000000001000c0500010903000561003b3b00', 'hex')
  const input = Buffer.concat([Buffer.from('550f00000027000401000107', 'hex'), query])
  const { code, stdout } = await capf(['decode', '-'], { cwd: t.testdir(), input })
  t.equal(code, 1, 'the text of the second has a NUL inside')
  t.match(stdout, /^END_SESSION {2}session 39, 12 bytes {2}byte 0\n.*REASON +1 {2}7 REFUSED\n/)
  t.match(stdout, /QUERY_REQUEST {2}session 1, 22 bytes {2}byte 12 {2}\(its payload was concluded from what is known/)
  t.match(stdout, /SERIAL +1 {2}09 {2}\(its layout was concluded, and seen nowhere\)/)
  t.match(stdout, /QUERY_REQUEST\.SUBJECT: .*CODEC_BAD_TEXT/)
  const roles = '570102000000000100100700010008000204ff09000400000e10'
  const answer = await capf(['decode', '-'], { cwd: t.testdir(), input: Buffer.from(roles, 'hex') })
  t.match(answer, { code: 0, stdout: /ROLES +2 {2}4 CAPF, 255 unknown role\n.*TTL +4 {2}3600 s/ })
})

t.test('marks what is this project’s own, and what a message does not use', async t => {
  const cwd = t.testdir({ 'x.txt': '551000000001 0005 0c0002001e\n551100000001 0004 63000100\n'.replaceAll(' ', '') })
  const { stdout } = await onTerminal(['decode', join(cwd, 'x.txt')], { isTTY: false })
  t.match(stdout, /RETRY_LATER .*this project's own definition\)\n.*RETRY_DELAY +2 {2}30 s {2}\(this project's own definition\)/)
  t.match(stdout, /unknown element +1 {2}00 {2}\(not used by this message\)/)
  t.match(await onTerminal(['decode', join(cwd, 'x.txt'), '--strict']), { code: 1, stdout: /CODEC_UNKNOWN_ELEMENT/ })
})
