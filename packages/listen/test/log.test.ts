import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { createLog } from '@capfkit/listen'
import t from 'tap'

t.test('what has the name of a secret is struck out, should it ever be logged', async t => {
  const lines: string[] = []
  const destination = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLog({ level: 'info', destination })
  const secrets = { password: 'hunter2', authString: 'hunter2', privateKey: 'hunter2', keyPem: 'hunter2', key: 'hunter2' }
  log.info(secrets, 'at the top')
  log.info({ device: secrets }, 'inside')
  log.info({ session: { device: secrets } }, 'deep inside')
  t.equal(lines.length, 3)
  for (const line of lines) {
    t.notMatch(line, /hunter2/)
    t.equal(line.split('[secret]').length - 1, Object.keys(secrets).length)
  }
})

t.test('a log that cannot be written does not end what it tells of', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-log-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // Writing to a file that is open for reading fails as a full disk does.
  const program = `
    import { createLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
    const log = createLog({ level: 'info' })
    for (let line = 0; line < 3; line++) log.info('into nothing')
    console.log('alive')`
  writeFileSync(join(folder, 'log'), '')
  const stderr = openSync(join(folder, 'log'), 'r')
  t.teardown(() => closeSync(stderr))
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', stderr],
    encoding: 'utf8',
  })
  t.equal(stdout, 'alive\n')
  t.equal(status, 0)
})
