import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { capf, outcome, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir({ 'garbage.pool': 'garbage' })

t.test('makes a pool and says what is in it', async t => {
  const made = await capf(['keys', 'generate', '--count', '20', '--key', 'ec:p256', '--out', 'ec.pool'], { cwd })
  t.match(made, { code: 0, stdout: /^wrote 20 ec:p256 keys to ec\.pool in \d+(?:\.\d)? s\n$/ })
  t.equal(statSync(join(cwd, 'ec.pool')).mode & 0o777, 0o600)
  t.match(await capf(['keys', 'show', 'ec.pool'], { cwd }), { code: 0, stdout: /^ec\.pool: 20 ec:p256 keys, format version 1, / })
  const json = await capf(['keys', 'show', 'ec.pool', '--json'], { cwd })
  t.match(JSON.parse(json.stdout), { version: 1, key: 'ec:p256', count: 20, formatVersion: 1 })
})

t.test('shows how far it is on a terminal', async t => {
  const { code, stderr } = await onTerminal(['keys', 'generate', '--count', '20', '--out', join(cwd, 'live.pool')])
  t.equal(code, 0)
  t.match(stderr, /rsa:2048 keys: \d+ of 20/)
})

t.test('Ctrl-C leaves nothing behind', async t => {
  const folder = t.testdir()
  const child = startCapf(['keys', 'generate', '--count', '100000', '--key', 'rsa:3072', '--out', 'big.pool'], { cwd: folder })
  const ended = outcome(child)
  while (readdirSync(folder).length === 0) await delay(10)
  child.kill('SIGINT')
  t.match(await ended, { code: 5, stderr: /stopped by a signal/ })
  t.strictSame(readdirSync(folder), [])
})

t.test('says why a pool cannot be written or read', async t => {
  t.match(await onTerminal(['keys', 'generate']), { code: 2, stderr: /--out FILE is missing/ })
  t.match(await onTerminal(['keys', 'generate', '--count', '1', '--out', join(cwd, 'none/x')]), {
    code: 1,
    stderr: /no such file or directory .*PKI_POOL_WRITE/,
  })
  t.match(await onTerminal(['keys', 'generate', '--count', '1', '--out', cwd]), { code: 1, stderr: /not a regular file/ })
  t.match(await onTerminal(['keys', 'show', join(cwd, 'garbage.pool')]), { code: 2, stderr: /PKI_POOL/ })
  t.match(await onTerminal(['keys', 'show', join(cwd, 'none.pool')]), {
    code: 2,
    stderr: /check its name .* capf keys generate: no such file or directory \(PKI_POOL_READ\)$/m,
  })
  t.notOk(existsSync(join(cwd, 'none')))
})
