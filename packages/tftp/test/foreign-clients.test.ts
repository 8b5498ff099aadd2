import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderSource } from '@capfkit/tftp'
import t from 'tap'
import { needs, run } from './programs.ts'
import { Serving } from './serving.ts'

/** Names and sizes at the edges: no byte, full last blocks, more than one packet of any size. */
const FILES: Readonly<Record<string, Buffer>> = {
  'ITLFile.tlv': Buffer.from(Array.from({ length: 7_515 }, (_, index) => (index * 7) % 256)),
  'full-blocks.bin': Buffer.alloc(512 * 4, 'x'),
  'one-byte.bin': Buffer.from('x'),
  'large.loads': Buffer.alloc(530_000, 'abc'),
}

const folder = t.testdir({ served: {}, got: {} })
for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, 'served', name), bytes)
writeFileSync(join(folder, 'served', 'lines.txt'), 'one\ntwo\r\nthree\r')
const source = await folderSource({ folder: join(folder, 'served'), maxFileBytes: 1e7, cacheBytes: 1e7 })
const cwd = join(folder, 'got')
const got = (name: string) => readFileSync(join(cwd, name))

/** Ways in which curl fetches by TFTP, and the options that it then asks for. */
const CURL_WAYS: Readonly<Record<string, readonly string[]>> = {
  'with its options': [],
  'without options': ['--tftp-no-options'],
  'with small blocks': ['--tftp-blksize', '8'],
  'with larger blocks than the server agrees to': ['--tftp-blksize', '65464'],
}

t.test('curl fetches each file by TFTP', needs('curl'), async t => {
  await using serving = await Serving.start({ source })
  for (const [way, args] of Object.entries(CURL_WAYS))
    for (const [name, bytes] of Object.entries(FILES)) {
      // 530,000 bytes in blocks of 8 are more blocks than have a number: that the count goes on from 0 is tested here too.
      const { code, said } = await run(['curl', '-sS', '-o', name, ...args, `tftp://127.0.0.1:${serving.tftpPort}/${name}`], cwd)
      t.equal(code, 0, `${way}: ${name} ${said}`)
      t.ok(got(name).equals(bytes), `${way}: ${name}`)
    }
  t.ok(serving.served.every(({ outcome }) => outcome === 'sent'))
})

t.test('curl hears why it gets no file by TFTP', needs('curl'), async t => {
  await using serving = await Serving.start({ source })
  const url = `tftp://127.0.0.1:${serving.tftpPort}`
  // Exit codes of curl: 68 not found, 69 access violation.
  t.equal((await run(['curl', '-sS', `${url}/none`], cwd)).code, 68)
  t.equal((await run(['curl', '-sS', '--path-as-is', `${url}/../served/ITLFile.tlv`], cwd)).code, 69)
  t.equal((await run(['curl', '-sS', '-T', join(folder, 'served/lines.txt'), `${url}/new.txt`], cwd)).code, 69)
  t.match(
    serving.served.map(({ outcome }) => outcome),
    ['not-found', 'refused', 'refused'],
  )
})

t.test('tftp-hpa fetches each file, in octet and in netascii, and hears why it does not', needs('tftp'), async t => {
  await using serving = await Serving.start({ source })
  const tftp = (...words: string[]) => run(['tftp', '127.0.0.1', String(serving.tftpPort), ...words], cwd)
  for (const [name, bytes] of Object.entries(FILES)) {
    const { said } = await tftp('-m', 'octet', '-c', 'get', name, `hpa-${name}`)
    t.equal(said, '')
    t.ok(got(`hpa-${name}`).equals(bytes), name)
  }
  await tftp('-m', 'netascii', '-c', 'get', 'lines.txt')
  t.equal(String(got('lines.txt')), 'one\ntwo\r\nthree\r', 'line ends came through')
  t.match(await tftp('-m', 'octet', '-c', 'get', 'none'), { said: /File not found/ })
  t.match(await tftp('-m', 'octet', '-c', 'put', 'lines.txt', 'x'), { said: /read only/ })
})

t.test('curl fetches by HTTP, again only what is new, and cannot climb out', needs('curl'), async t => {
  await using serving = await Serving.start({ source })
  const curl = (...args: string[]) => run(['curl', '-sS', '-w', '%{http_code}', ...args], cwd)
  for (const [name, bytes] of Object.entries(FILES)) {
    t.match(await curl('-o', `http-${name}`, `${serving.httpUrl}/${name}`), { code: 0, said: '200' })
    t.ok(got(`http-${name}`).equals(bytes), name)
  }
  const url = `${serving.httpUrl}/ITLFile.tlv`
  await curl('--etag-save', 'etag', '-o', 'first', url)
  t.match(await curl('--etag-compare', 'etag', '-o', 'second', url), { said: '304' })
  t.match(await curl('-z', '-1 minute', '-o', 'second', url), { code: 0 })
  t.match(await curl('-o', 'climb', '--path-as-is', `${serving.httpUrl}/../got/first`), { said: '400' })
  t.match(await curl('-o', 'climb', '--path-as-is', `${serving.httpUrl}/%2e%2e/got/first`), { said: '400' })
  t.match(await curl('-I', '-o', 'head', url), { code: 0, said: '200' })
})
