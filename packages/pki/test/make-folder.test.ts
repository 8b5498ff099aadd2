import { statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../src/index.ts'

t.test('a folder is made with those above it, and made again without a complaint', async t => {
  const folder = join(t.testdir(), 'a/b/c')
  await makeFolder(folder, 0o700)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  await makeFolder(folder)
  symlinkSync(folder, join(t.testdirName, 'link'))
  await makeFolder(join(t.testdirName, 'link'))
})

t.test('where something else stands, or nothing can be made, it says so and ends', async t => {
  const folder = t.testdir({ file: '' })
  await t.rejects(makeFolder(join(folder, 'file')), { code: 'EEXIST' })
  await t.rejects(makeFolder(join(folder, 'file/below')), { code: 'ENOTDIR' })
  if (process.platform === 'linux')
    await t.rejects(makeFolder('/proc/nothing/of/this'), { code: 'ENOENT' }, 'and does not try for ever')
})
