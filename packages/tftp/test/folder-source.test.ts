import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderSource } from '@capfkit/tftp'
import t from 'tap'
import { BoundedCache } from '../src/bounded-cache.ts'

const request = { remoteAddress: '192.0.2.1', signal: new AbortController().signal }
const LIMITS = { maxFileBytes: 1_000, cacheBytes: 10_000 }

const open = async (folder: string, limits = LIMITS) => {
  const source = await folderSource({ folder, ...limits })
  return (name: string) => source.get(name, request)
}

t.test('files in the folder and below it; nothing else', async t => {
  const folder = t.testdir({ 'a.xml': 'one', sub: { 'b.tlv': 'two' } })
  const get = await open(folder)
  t.match(await get('a.xml'), { bytes: Buffer.from('one'), etag: /^[\w-]+$/, lastModified: Date })
  t.match(await get('sub/b.tlv'), { bytes: Buffer.from('two') })
  for (const name of ['none', 'sub', 'a.xml/b', 'sub/none', 'x'.repeat(255)]) t.equal(await get(name), undefined, name)
})

t.test('a link is followed inside the folder and not out of it, neither as file nor as folder', async t => {
  const root = t.testdir({
    outside: { secret: 'secret' },
    folder: { 'real.xml': 'real', sub: {} },
    'folder-too': { secret: 'secret' },
  })
  const folder = join(root, 'folder')
  symlinkSync('../outside/secret', join(folder, 'relative'))
  symlinkSync(join(root, 'outside/secret'), join(folder, 'absolute'))
  symlinkSync('../outside', join(folder, 'way-out'))
  symlinkSync('../folder-too', join(folder, 'neighbour'))
  symlinkSync('../../folder/real.xml', join(folder, 'sub/inside'))
  symlinkSync('loop', join(folder, 'loop'))
  symlinkSync('nowhere', join(folder, 'dangling'))
  const get = await open(folder)
  t.match(await get('sub/inside'), { bytes: Buffer.from('real') })
  for (const name of ['relative', 'absolute', 'way-out/secret', 'neighbour/secret', 'loop', 'dangling'])
    t.equal(await get(name), undefined, name)
})

t.test('what is no file is not waited for', async t => {
  const folder = t.testdir({})
  execFileSync('mkfifo', [join(folder, 'pipe')])
  t.equal(await (await open(folder))('pipe'), undefined)
})

t.test('a file that was replaced is read anew, under another tag; one that was not is not read again', async t => {
  const folder = t.testdir({ a: 'before' })
  const get = await open(folder)
  const before = await get('a')
  t.equal(await get('a'), before, 'the very same')
  writeFileSync(join(folder, 'new'), 'after')
  renameSync(join(folder, 'new'), join(folder, 'a'))
  const after = await get('a')
  t.match(after, { bytes: Buffer.from('after') })
  t.not(after?.etag, before?.etag)
  // Same size, same inode, another time.
  writeFileSync(join(folder, 'a'), 'again')
  utimesSync(join(folder, 'a'), 1, 2)
  t.match(await get('a'), { bytes: Buffer.from('again'), lastModified: new Date(2_000) })
  unlinkSync(join(folder, 'a'))
  t.equal(await get('a'), undefined, 'what is gone is gone, cached or not')
})

t.test('a thousand that ask at once share one read', async t => {
  const get = await open(t.testdir({ a: 'x' }))
  const files = await Promise.all(Array.from({ length: 1_000 }, () => get('a')))
  t.equal(new Set(files).size, 1)
})

t.test('what is too large, and what this user may not read, is a failure with a code', async t => {
  const folder = t.testdir({ large: 'x'.repeat(1_001), whole: 'x'.repeat(1_000), closed: 'x' })
  chmodSync(join(folder, 'closed'), 0o004)
  const get = await open(folder)
  await t.rejects(get('large'), { code: 'FILES_TOO_LARGE', where: 'large' })
  t.equal((await get('whole'))?.bytes.length, 1_000)
  if (process.getuid?.() !== 0) await t.rejects(get('closed'), { code: 'FILES_UNREADABLE', where: 'closed' })
})

t.test('what only its owner may read is not handed to whoever asks', async t => {
  const folder = t.testdir({ 'capf.pem': 'key', 'capf.db': 'strings', 'a.xml': 'x' })
  const get = await open(folder)
  chmodSync(join(folder, 'capf.pem'), 0o600)
  chmodSync(join(folder, 'capf.db'), 0o640)
  for (const name of ['capf.pem', 'capf.db']) await t.rejects(get(name), { code: 'FILES_PRIVATE', where: name })
  t.match(await get('a.xml'), { bytes: Buffer.from('x') })
  chmodSync(join(folder, 'a.xml'), 0o600)
  await t.rejects(get('a.xml'), { code: 'FILES_PRIVATE' }, 'not from memory either')
})

t.test('the folder must be there; when it goes, its files are gone; it may be a link that is moved', async t => {
  const root = t.testdir({ one: { a: '1' }, two: { a: '2' }, file: 'x' })
  await t.rejects(open(join(root, 'none')), { code: 'FILES_FOLDER_MISSING' })
  await t.rejects(open(join(root, 'file')), { code: 'FILES_FOLDER_MISSING' })
  symlinkSync('one', join(root, 'current'))
  const get = await open(join(root, 'current'))
  t.match(await get('a'), { bytes: Buffer.from('1') })
  rmSync(join(root, 'current'))
  symlinkSync('two', join(root, 'current'))
  t.match(await get('a'), { bytes: Buffer.from('2') })
  rmSync(join(root, 'current'))
  t.equal(await get('a'), undefined)
  mkdirSync(join(root, 'current'))
  linkSync(join(root, 'one/a'), join(root, 'current/a'))
  t.match(await get('a'), { bytes: Buffer.from('1') })
})

t.test('the cache keeps what was used last, within its bytes', async t => {
  const cache = new BoundedCache<string>(10)
  const put = (key: string, bytes: number) => cache.set(key, { value: key, bytes })
  put('a', 4)
  put('b', 4)
  t.equal(cache.get('a'), 'a')
  put('c', 4)
  t.strictSame(
    ['a', 'b', 'c'].map(key => cache.get(key)),
    ['a', undefined, 'c'],
    'b was used longest ago',
  )
  put('a', 1)
  t.equal(cache.bytes, 5, 'the old a does not count')
  put('huge', 11)
  t.equal(cache.get('huge'), undefined)
  t.equal(cache.bytes, 5, 'and pushes nothing out')
  cache.delete('none')
  cache.delete('a')
  t.equal(cache.bytes, 4)
})
