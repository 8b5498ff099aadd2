import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { chmod, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import t from 'tap'
import { WORTH } from '../src/generate-key-pool.ts'
import {
  formatKeySpec,
  generateKeyPool,
  keySpecs,
  openKeyPool,
  parseKeySpec,
  readPublicKey,
  writePrivateFile,
} from '../src/index.ts'
import { HEADER_BYTES, recordBytesFor } from '../src/key-pool-format.ts'
import { KeyThread } from '../src/key-thread.ts'
import { generateEncodedKeyPair } from '../src/keys.ts'

const p256 = parseKeySpec('ec:p256')
const poolIn = async (folder: string, options: { spec?: string; count?: number } = {}) => {
  const file = `${folder}/keys.pool`
  await generateKeyPool({ file, spec: parseKeySpec(options.spec ?? 'ec:p256'), count: options.count ?? 3 })
  return file
}
const patched = async ({ file, at, bytes }: { file: string; at: number; bytes: number[] }) => {
  await using handle = await open(file, 'r+')
  await handle.write(Buffer.from(bytes), 0, bytes.length, at)
}

t.test('a pool gives back every key, in any order, and at once', async t => {
  for (const [spec, count] of [
    ['rsa:1024', 3],
    ['ec:p256', 300],
    ['ec:p521', 2],
  ] as const) {
    const seen: number[] = []
    const file = `${t.testdir({})}/keys.pool`
    await generateKeyPool({
      file,
      spec: parseKeySpec(spec),
      count,
      parallel: 3,
      onProgress: (done, total) => seen.push(done / total),
    })
    t.strictSame([seen.at(-1), seen], [1, [...new Set(seen)].sort((a, b) => a - b)], `${spec}: progress goes up to the end`)
    await using pool = await openKeyPool(file)
    t.strictSame([pool.count, formatKeySpec(pool.spec)], [count, spec])
    const keys = await Promise.all(Array.from({ length: count }, (_, i) => pool.read(count - 1 - i)))
    t.equal(new Set(keys.map(({ publicKeyDer }) => publicKeyDer.toString('latin1'))).size, count, `${spec}: all differ`)
    for (const key of keys.slice(0, 3)) {
      t.strictSame(readPublicKey(key.publicKeyDer).spec, key.spec, `${spec}: public key as the header says`)
      t.ok(createPublicKey(key.privateKey).equals(readPublicKey(key.publicKeyDer).key), `${spec}: belongs to the private key`)
      t.equal(key.privateKey, key.privateKey, 'parsed once')
    }
  }
})

t.test('many keys are made by threads, whatever libuv has, and each is there once', async t => {
  const file = `${t.testdir({})}/keys.pool`
  const count = WORTH.ec.threadsFrom + 7
  await generateKeyPool({ file, spec: p256, count, parallel: 2 })
  await using pool = await openKeyPool(file)
  const keys = await Promise.all(Array.from({ length: count }, (_, index) => pool.read(index)))
  t.equal(new Set(keys.map(({ publicKeyDer }) => publicKeyDer.toString('latin1'))).size, count)
  // The last request to a thread was for fewer keys than the others.
  for (const index of [0, WORTH.ec.atOnce, count - 1])
    t.ok(
      createPublicKey(keys[index]!.privateKey).equals(readPublicKey(keys[index]!.publicKeyDer).key),
      `key ${index} belongs together`,
    )
})

t.test('a thread that ends while it makes keys is an error to whoever waits', async t => {
  const thread = new KeyThread(parseKeySpec('rsa:4096'))
  const waiting = t.rejects(thread.make(1000), { message: /the thread that makes keys ended/ })
  await thread[Symbol.asyncDispose]()
  await waiting
})

t.test('a pool is readable by its owner only, replaces the old one, and leaves nothing beside it', async t => {
  const folder = t.testdir({ 'keys.pool': 'an old file' })
  const file = await poolIn(folder)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.strictSame(await readdir(folder), ['keys.pool'])
  t.equal((await stat(file)).size, HEADER_BYTES + 3 * recordBytesFor(p256))
  for (const mode of [0o640, 0o604, 0o660]) {
    await chmod(file, mode)
    await t.rejects(openKeyPool(file), { code: 'PKI_POOL_PERMISSIONS', message: /chmod 600/ }, mode.toString(8))
  }
})

t.test('every key fits into its record, the largest too', async t => {
  for (const spec of keySpecs().filter(({ type }) => type === 'ec')) {
    const { privateKeyDer, publicKeyDer } = await generateEncodedKeyPair(spec)
    t.ok(4 + privateKeyDer.length + publicKeyDer.length <= recordBytesFor(spec), formatKeySpec(spec))
  }
  // Longest DER of RSA-4096: 2376 bytes PKCS#8, 550 bytes SubjectPublicKeyInfo.
  t.ok(recordBytesFor(parseKeySpec('rsa:4096')) >= 4 + 2376 + 550)
  t.ok(recordBytesFor(parseKeySpec('rsa:2048')) >= 4 + 1219 + 294)
})

t.test('what is no pool, or no whole one, is refused with the reason', async t => {
  const folder = t.testdir({})
  const file = await poolIn(folder)
  const whole = await readFile(file)
  const refused = async ({ bytes, code, name }: { bytes: Buffer; code: string; name: string }) => {
    const bad = `${folder}/bad.pool`
    await writePrivateFile({ file: bad, data: bytes })
    await t.rejects(openKeyPool(bad), { name: 'PkiError', code, message: /bad\.pool/ }, name)
  }
  const changed = (at: number, ...bytes: number[]) =>
    Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at + bytes.length)])
  await refused({ name: 'another magic', code: 'PKI_POOL_FORMAT', bytes: changed(0, 0) })
  await refused({ name: 'PEM', code: 'PKI_POOL_FORMAT', bytes: Buffer.from('-----BEGIN PRIVATE KEY-----') })
  await refused({ name: 'a later version', code: 'PKI_POOL_VERSION', bytes: changed(9, 2) })
  await refused({ name: 'count 0', code: 'PKI_POOL_FORMAT', bytes: changed(12, 0, 0, 0, 0) })
  await refused({ name: 'count too large', code: 'PKI_POOL_FORMAT', bytes: changed(12, 0xff) })
  await refused({ name: 'one key more than there are', code: 'PKI_POOL_TRUNCATED', bytes: changed(12, 0, 0, 0, 4) })
  await refused({ name: 'record size 0', code: 'PKI_POOL_FORMAT', bytes: changed(16, 0, 0, 0, 0) })
  await refused({ name: 'huge records', code: 'PKI_POOL_FORMAT', bytes: changed(16, 1) })
  await refused({ name: 'unknown key specification', code: 'PKI_POOL_FORMAT', bytes: changed(21, 0x78) })
  await refused({ name: 'empty', code: 'PKI_POOL_TRUNCATED', bytes: Buffer.alloc(0) })
  await refused({ name: 'part of the magic', code: 'PKI_POOL_TRUNCATED', bytes: whole.subarray(0, 5) })
  await refused({ name: 'part of the header', code: 'PKI_POOL_TRUNCATED', bytes: whole.subarray(0, 40) })
  await refused({ name: 'one byte short', code: 'PKI_POOL_TRUNCATED', bytes: whole.subarray(0, -1) })
  await refused({ name: 'one byte long', code: 'PKI_POOL_TRUNCATED', bytes: Buffer.concat([whole, Buffer.of(0)]) })
  await t.rejects(openKeyPool(`${folder}/none`), { code: 'PKI_POOL_READ', cause: { code: 'ENOENT' } }, 'no such file')
  await t.rejects(openKeyPool(folder), { name: 'PkiError' }, 'a folder')
})

t.test('a pool that changes while it is open is noticed', async t => {
  const file = await poolIn(t.testdir({}))
  const pool = await openKeyPool(file)
  for (const index of [-1, 3, 1.5, Number.NaN, 2 ** 40]) {
    await t.rejects(pool.read(index), { code: 'PKI_POOL_INDEX', message: `key ${index} of 3` }, `index ${index}`)
  }
  await patched({ file, at: HEADER_BYTES, bytes: [0xff, 0xff] })
  await t.rejects(pool.read(0), { code: 'PKI_POOL_FORMAT' }, 'lengths that do not fit')
  await patched({ file, at: HEADER_BYTES + recordBytesFor(p256) + 10, bytes: [0xff, 0xff, 0xff] })
  const damaged = await pool.read(1)
  t.throws(() => damaged.privateKey, { code: 'PKI_BAD_PRIVATE_KEY' }, 'a key that was overwritten')
  await truncate(file, HEADER_BYTES + 2 * recordBytesFor(p256) + 1)
  await t.rejects(pool.read(2), { code: 'PKI_POOL_TRUNCATED' })
  await pool.close()
  await t.rejects(pool.read(0), { code: 'PKI_POOL_READ' }, 'closed')
})

t.test('an aborted pool leaves no file, and the old one as it was', async t => {
  const folder = t.testdir({ 'keys.pool': 'old' })
  const file = `${folder}/keys.pool`
  const controller = new AbortController()
  const work = generateKeyPool({
    file,
    spec: p256,
    count: 5000,
    signal: controller.signal,
    onProgress: done => done >= 300 && controller.abort(),
  })
  await t.rejects(work, { name: 'AbortError' })
  t.strictSame([await readdir(folder), await readFile(file, 'utf8')], [['keys.pool'], 'old'])
  await t.rejects(generateKeyPool({ file, spec: p256, count: 1, signal: AbortSignal.abort(new Error('why')) }), { message: 'why' })
  const fails = generateKeyPool({
    file,
    spec: p256,
    count: 9,
    onProgress: () => {
      throw new Error('listener')
    },
  })
  await t.rejects(fails, { message: 'listener' }, 'the listener fails')
  t.strictSame(await readdir(folder), ['keys.pool'])
})

t.test('a pool that cannot be written says why', async t => {
  const folder = t.testdir({ file: '' })
  for (const count of [0, -1, 1.5, 10_000_001]) {
    await t.rejects(generateKeyPool({ file: `${folder}/x`, spec: p256, count }), {
      code: 'PKI_POOL_COUNT',
      message: `count ${count}`,
    })
  }
  const write = (file: string) => generateKeyPool({ file, spec: p256, count: 1 })
  await t.rejects(write(`${folder}/none/x`), { code: 'PKI_POOL_WRITE', cause: { code: 'ENOENT' } }, 'no such folder')
  await t.rejects(write(folder), { code: 'PKI_NOT_A_FILE' }, 'a folder stands there')
  t.strictSame(await readdir(t.testdirName), ['file'], 'nothing is left behind')
})

t.test('a disk that is full in the middle is an error, and the half-written pool is gone', async t => {
  const folder = t.testdir({})
  const options = `{ file: '${folder}/keys.pool', spec: { type: 'ec', curve: 'secp256r1' }, count: 1000 }`
  const module = new URL('../src/index.ts', import.meta.url)
  const script = `const { generateKeyPool } = await import('${module}')
    await generateKeyPool(${options}).catch(error => console.log(error.code, error.cause.code))`
  // A limit on the size of files fails as a full disk does, in the middle of a write, and needs no disk of our own.
  // The compile cache has larger files than that.
  const limited = `ulimit -f 100 && exec env -u NODE_COMPILE_CACHE "${process.execPath}" --input-type=module -e "$0"`
  const { stdout, stderr } = spawnSync('bash', ['-c', limited, script], { encoding: 'utf8' })
  t.equal(stdout.trim(), 'PKI_POOL_WRITE EFBIG', stderr)
  t.strictSame(await readdir(folder), [])
})

t.test('a private file is replaced whole', async t => {
  const folder = t.testdir({ 'capf.key': 'old' })
  await chmod(`${folder}/capf.key`, 0o644)
  await writeFile(`${folder}/other`, '')
  await writePrivateFile({ file: `${folder}/capf.key`, data: 'new' })
  t.equal((await stat(`${folder}/capf.key`)).mode & 0o777, 0o600)
  t.strictSame([await readFile(`${folder}/capf.key`, 'utf8'), await readdir(folder)], ['new', ['capf.key', 'other']])
})
