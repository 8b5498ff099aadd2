import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openDatabases, PostgresServer, tell } from '../src/index.ts'

/** Starts a server, says which one, and waits to be killed. */
const HOLDER = `
  import { PostgresServer } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
  const { pid, folder } = await PostgresServer.start()
  console.log(JSON.stringify({ pid, folder }))
  setInterval(() => {}, 1000)`

const isRunning = (pid: number) => existsSync(`/proc/${pid}`)
const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

t.test('a test that is killed leaves neither server nor files behind, also as a user who is not root', async t => {
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
    ...asNobody,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(holder.stdout, 'data')
  const { pid, folder } = JSON.parse(String(line)) as { pid: number; folder: string }
  t.ok(isRunning(pid))
  holder.kill('SIGKILL')
  while (isRunning(pid) || existsSync(folder)) await delay(50)
})

t.test('a server that is there already is used where it is named, and left as it was', async t => {
  await using server = await PostgresServer.start()
  const before = process.env.CAPFKIT_TEST_POSTGRES
  t.teardown(() => {
    if (before === undefined) delete process.env.CAPFKIT_TEST_POSTGRES
    else process.env.CAPFKIT_TEST_POSTGRES = before
  })
  const url = server.urlOf('postgres')
  process.env.CAPFKIT_TEST_POSTGRES = url
  const names = async () => (await tell(url, 'SELECT datname FROM pg_database ORDER BY 1')).map(({ datname }) => datname)
  const there = await names()
  {
    await using databases = await openDatabases()
    t.equal((await tell(await databases.newDatabase(), 'SELECT 1 AS one'))[0]?.one, 1)
    t.equal((await names()).length, there.length + 1)
    t.match(databases.urlOf('other', { user: 'somebody', password: 'secret' }), /\/\/somebody:secret@127\.0\.0\.1:\d+\/other$/)
  }
  t.strictSame(await names(), there)
})
