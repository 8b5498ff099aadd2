import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SmallDisk } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { MIGRATIONS } from '../src/store/migrations.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-store-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string) => join(folder, name)
const open = (file: string, options: { lockTimeoutMs?: number } = {}) => new SqliteDeviceStore({ file, ...options })

const STORE_MODULE = new URL('../src/store/sqlite.ts', import.meta.url).href

/** A child process that opens a store and runs a line of code on it; killed with the test. */
const child = (t: Test, { file, code }: { file: string; code: string }) => {
  const program = `
    import { SqliteDeviceStore } from ${JSON.stringify(STORE_MODULE)}
    try {
      const store = new SqliteDeviceStore({ file: ${JSON.stringify(file)}, lockTimeoutMs: 20_000 })
      ${code}
    } catch (error) {
      console.log(error.code)
    }`
  const spawned = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => spawned.kill())
  let said = ''
  spawned.stdout.setEncoding('utf8').on('data', text => {
    said += text
  })
  const ended = once(spawned, 'close').then(() => said.trim())
  return { process: spawned, ended, firstWord: () => once(spawned.stdout, 'data') }
}

t.test('a store file is for its owner alone, in WAL mode, and marked as ours', async t => {
  const file = path('new.db')
  const before = process.umask(0o022)
  await using store = open(file)
  await store.add([{ name: 'SEP1', authString: '123456' }])
  t.equal(process.umask(before), 0o022, 'the umask of the process is as it was')
  for (const name of readdirSync(folder).filter(name => name.startsWith('new.db')))
    t.equal((statSync(path(name)).mode & 0o777).toString(8), '600', name)
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  t.strictSame({ ...other.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
  t.strictSame({ ...other.prepare('PRAGMA application_id').get() }, { application_id: 0x63617066 })
  const query = "SELECT name, tkcertificatestatus, publickey FROM device WHERE name LIKE 'SEP%'"
  t.strictSame({ ...other.prepare(query).get() }, { name: 'SEP1', tkcertificatestatus: 1, publickey: null }, 'an operator can ask')
})

t.test('what was written is there after the store was opened again', async t => {
  const file = path('again.db')
  {
    await using store = open(file)
    await store.add([{ name: 'SEP1', operation: 'install', rsaBits: 4096 }])
  }
  await using store = open(file)
  t.match(await store.get('sep1'), { name: 'SEP1', operation: 'install', rsaBits: 4096, status: 2 })
})

t.test("another program's database is refused and left as it is", async t => {
  const file = path('foreign.db')
  const foreign = new DatabaseSync(file)
  foreign.exec('CREATE TABLE devices (device_name TEXT)')
  foreign.close()
  t.throws(() => open(file), { code: 'STORE_NOT_A_STORE', where: file })
  const after = new DatabaseSync(file)
  t.teardown(() => after.close())
  t.strictSame({ ...after.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'delete' })
  t.strictSame(after.prepare('SELECT name FROM sqlite_schema').all().length, 1)
})

t.test('a store of before there were certificate requests is brought to this version, with its devices', async t => {
  const file = path('older.db')
  const older = new DatabaseSync(file)
  older.exec(`${MIGRATIONS[0]}; PRAGMA application_id = 0x63617066; PRAGMA user_version = 1`)
  older.exec(`INSERT INTO device (name, tkcertificateoperation, tkauthenticationmode, tkkeyorder, tkkeysize, tkeckeysize,
    tkcertificatestatus) VALUES ('SEP1', 2, 2, 1, 3, 256, 2)`)
  older.close()
  await using store = open(file)
  t.match(await store.get('SEP1'), { operation: 'install', status: 2 })
  const csrDer = Buffer.from('3000', 'hex')
  const id = await store.requests.keep({ deviceName: 'SEP1', csrDer, keyId: 'aa', createdMs: 1 })
  await using again = open(file)
  t.match(await again.requests.current('SEP1'), { id, csrDer, state: 'waiting' })
})

t.test('a store of a newer version is refused', async t => {
  const file = path('newer.db')
  await open(file)[Symbol.asyncDispose]()
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 1000')
  database.close()
  t.throws(() => open(file), { code: 'STORE_NEWER_SCHEMA' })
})

t.test('what is no database is refused with the code that fits', async t => {
  const garbage = path('garbage.db')
  writeFileSync(garbage, 'garbage '.repeat(1000))
  t.throws(() => open(garbage), { code: 'STORE_NOT_A_STORE' }, 'a file of garbage')
  mkdirSync(path('directory'))
  t.throws(() => open(path('directory')), { code: 'STORE_OPEN_FAILED' }, 'a folder')
  t.throws(() => open(path('nowhere/capf.db')), { code: 'STORE_OPEN_FAILED' }, 'in a folder that is not there')
  t.throws(() => open(path('garbage.db/capf.db')), { code: 'STORE_OPEN_FAILED' }, 'in a folder that is a file')
  writeFileSync(path('empty.db'), '')
  await using store = open(path('empty.db'))
  t.equal(await store.count(), 0, 'an empty file becomes a store')
})

t.test('a store that was closed answers with an error of the store', async t => {
  const store = open(path('closed.db'))
  await store[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  await t.rejects(store.get('SEP1'), { name: 'ServerError', code: 'STORE_FAILED' })
  await t.rejects(store.count(), { name: 'ServerError', code: 'STORE_FAILED' })
  await t.rejects(store.list()[Symbol.asyncIterator]().next(), { name: 'ServerError', code: 'STORE_FAILED' })
})

t.test('two processes that make a new store at once both get it', async t => {
  for (let round = 0; round < 3; round++) {
    const file = path(`race-${round}.db`)
    const code = (name: string) => `await store.add([{ name: '${name}' }]); console.log('added')`
    const children = ['SEPA', 'SEPB', 'SEPC'].map(name => child(t, { file, code: code(name) }))
    t.strictSame(await Promise.all(children.map(({ ended }) => ended)), ['added', 'added', 'added'], `round ${round}`)
    await using store = open(file)
    t.equal(await store.count(), 3)
  }
})

t.test('processes share a store: of those that claim a device at once one gets it', async t => {
  const file = path('shared.db')
  await using store = open(file)
  await store.add(Array.from({ length: 200 }, (_, index) => ({ name: `SEP${index}`, operation: 'install' as const })))
  await store.heartbeat('a', Date.now() + 60_000)
  await store.heartbeat('b', Date.now() + 60_000)
  const code = (node: string) => `
    let got = 0
    for (let index = 0; index < 200; index++)
      if (await store.claim({ name: 'SEP' + index, node: '${node}', token: '${node}' })) got++
    console.log(got)`
  const [a, b] = await Promise.all(['a', 'b'].map(node => child(t, { file, code: code(node) }).ended))
  t.equal(Number(a) + Number(b), 200, `${a} and ${b}`)
})

t.test('a store that another process has locked is waited for, and this process goes on meanwhile', async t => {
  const file = path('locked.db')
  await using store = open(file, { lockTimeoutMs: 20_000 })
  await store.add([{ name: 'SEP1', operation: 'install' }])
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const change = store.change('SEP1', { rsaBits: 4096 })
  let turns = 0
  while (turns < 50) {
    await nextTurn()
    turns++
  }
  t.equal((await store.get('SEP1'))?.rsaBits, 2048, 'readers do not wait')
  other.exec('COMMIT')
  t.equal(await change, true)
  t.equal((await store.get('SEP1'))?.rsaBits, 4096)
})

t.test('a lock that stays ends every write with STORE_LOCKED, and nothing is half done', async t => {
  const file = path('held.db')
  await using store = open(file, { lockTimeoutMs: 20 })
  await store.add([{ name: 'SEP1', operation: 'install' }])
  const lease = { name: 'SEP1', node: 'a', token: 'x' }
  const holder = child(t, {
    file,
    code: `
      const { DatabaseSync } = await import('node:sqlite')
      const database = new DatabaseSync(${JSON.stringify(file)})
      database.exec('BEGIN IMMEDIATE')
      console.log('locked')
      process.stdin.once('data', () => { database.exec('COMMIT'); process.exit(0) })`,
  })
  await holder.firstWord()
  const locked = { code: 'STORE_LOCKED', where: file }
  await t.rejects(store.add([{ name: 'SEP2' }]), locked)
  await t.rejects(store.change('SEP1', { rsaBits: 512 }), locked)
  await t.rejects(store.remove('SEP1'), locked)
  await t.rejects(store.claim(lease), locked)
  await t.rejects(store.settle(lease, { operation: 'install', status: 3, fulfilled: true }), locked)
  await t.rejects(store.release(lease), locked)
  await t.rejects(store.heartbeat('a', 1), locked)
  await t.rejects(store.leave('a'), locked)
  holder.process.stdin.write('\n')
  await holder.ended
  t.match(await store.get('SEP1'), { rsaBits: 2048, status: 2 })
  t.equal(await store.count(), 1)
  t.ok(await store.claim(lease), 'and all goes on when the lock is gone')
})

/** A disk of 256 kB, where this user may mount one. */
const smallDisk = () => {
  const disk = SmallDisk.mount('256k')
  if (disk instanceof SmallDisk) t.teardown(() => disk[Symbol.dispose]())
  return disk
}

const disk = smallDisk()
const readOnlyDisk = smallDisk()
const skip = 'skip' in disk ? disk : {}
const folderOf = (disk: ReturnType<typeof smallDisk>) => (disk as SmallDisk).folder

t.test('a store on a read-only disk asks for the right to write', skip, async t => {
  const [empty, used] = [join(folderOf(readOnlyDisk), 'empty.db'), join(folderOf(readOnlyDisk), 'used.db')]
  writeFileSync(empty, '')
  await open(used)[Symbol.asyncDispose]()
  spawnSync('mount', ['-o', 'remount,ro', folderOf(readOnlyDisk)])
  t.throws(() => open(empty), { code: 'STORE_READ_ONLY', message: /right to write/ })
  t.throws(() => open(used), { code: 'STORE_OPEN_FAILED', message: /right to write/ }, 'its WAL can not even be made')
  t.throws(() => open(join(folderOf(readOnlyDisk), 'new.db')), { code: 'STORE_OPEN_FAILED', message: /right to write/ })
})

t.test('a full disk is said to be full, loses nothing, and is written again once there is room', skip, async t => {
  const file = join(folderOf(disk), 'capf.db')
  await using store = open(file)
  await store.add([{ name: 'SEP1', operation: 'install' }])
  await store.heartbeat('a', Date.now() + 60_000)
  const lease = { name: 'SEP1', node: 'a', token: 'x' }
  t.ok(await store.claim(lease))

  ;(disk as SmallDisk).fill()
  const certificate = {
    certificateDer: Buffer.alloc(20_000, 1),
    publicKeyPem: '',
    validUntil: new Date(0),
    issuerName: '',
    issuerValidUntil: new Date(0),
  }
  const outcome = { operation: 'install', status: 3, fulfilled: true, certificate } as const
  const full = { code: 'STORE_FULL', where: file, message: /disk of the device store is full.*make room/ }
  await t.rejects(store.settle(lease, outcome), full)
  t.match(await store.get('SEP1'), { operation: 'install', status: 2 }, 'the order stays')

  ;(disk as SmallDisk).makeRoom()
  t.equal(await store.settle(lease, outcome), true)
  t.match(await store.get('SEP1'), { operation: 'none', status: 3 })
})
