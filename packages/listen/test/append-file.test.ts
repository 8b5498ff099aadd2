import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppendFile } from '@capfkit/listen'
import t from 'tap'

const turn = () => new Promise(setImmediate)

t.test('what is written is appended, and there when the file is closed', async t => {
  const file = join(t.testdir({ log: 'before\n' }), 'log')
  const log = new AppendFile({ file, onError: error => t.fail(String(error)) })
  log.write('a\n')
  log.write('b\n')
  await log[Symbol.asyncDispose]()
  log.write('c\n')
  t.equal(readFileSync(file, 'utf8'), 'before\na\nb\n')
})

t.test('a log that cannot be written harms nobody, says so once, and goes on when it can be', async t => {
  const folder = join(t.testdir(), 'later')
  const file = join(folder, 'log')
  const errors: Error[] = []
  await using log = new AppendFile({ file, onError: error => errors.push(error), reopenMs: 0 })
  log.write('lost\n')
  while (errors.length === 0) await turn()
  for (let lost = 0; lost < 20; lost++) {
    log.write('lost, too\n')
    await turn()
  }
  t.match(errors, [{ code: 'ENOENT' }])
  t.equal(errors.length, 1)
  mkdirSync(folder)
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes('found\n')) {
    log.write('found\n')
    await turn()
  }
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a file in trouble that is closed is not opened again', async t => {
  const errors: Error[] = []
  const log = new AppendFile({ file: join(t.testdir(), 'missing', 'log'), onError: error => errors.push(error), reopenMs: 0 })
  while (errors.length === 0) await turn()
  await log[Symbol.asyncDispose]()
  log.write('x\n')
  await turn()
  t.equal(errors.length, 1)
})
