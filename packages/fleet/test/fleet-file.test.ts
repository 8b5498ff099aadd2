import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { generateKeyPair, type KeyPair, newManufacturingCa } from '@capfkit/pki'
import t from 'tap'
import { FleetFile } from '../src/fleet-file/fleet-file.ts'
import type { Kept } from '../src/fleet-file/kept.ts'
import { KeyJournal } from '../src/fleet-file/key-journal.ts'

const EC = { type: 'ec', curve: 'secp256r1' } as const
const now = () => new Date()

const opened = (file: string) =>
  new FleetFile({
    file,
    onFailure: error => {
      throw error
    },
  })

/** Any certificate will do: the file does not look into it. */
const certified = async (): Promise<{ certificateDer: Buffer; key: KeyPair }> => {
  const { certificateDer, keyPair } = await newManufacturingCa({ now })
  return { certificateDer, key: keyPair }
}

const NAME = 'SEP001122334455'
const made = (deviceName: string, mic?: Awaited<ReturnType<typeof certified>>): Kept => ({
  kind: 'made',
  deviceName,
  model: '8861',
  mic,
})
const ended = (deviceName: string, change: Partial<Kept & { kind: 'ended' }>): Kept => ({
  ...{ kind: 'ended', deviceName, operation: 'install', atMs: 1_700_000_000_000, lsc: undefined, pendingKey: undefined },
  ...change,
})

t.test('certificates come back with keys that are theirs, in another process or a later run', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const [mic, lsc, pendingKey] = [await certified(), await certified(), await generateKeyPair(EC)]
  {
    await using fleet = opened(file)
    fleet.keep(made(NAME, mic))
    fleet.keep(ended(NAME, { lsc: { now: lsc }, pendingKey }))
  }
  t.equal(statSync(file).mode & 0o777, 0o600)
  await using fleet = opened(file)
  const phone = fleet.read(NAME.toLowerCase())
  for (const [kept, of] of [[phone?.mic, mic] as const, [phone?.lsc, lsc] as const]) {
    t.strictSame(kept?.certificateDer, of.certificateDer)
    t.ok(new X509Certificate(kept!.certificateDer).checkPrivateKey(kept!.privateKey))
  }
  t.ok(phone?.pendingKey?.privateKey.equals(pendingKey.privateKey))
  t.strictSame(phone?.pendingKey?.publicKeyDer, pendingKey.publicKeyDer)
  t.equal(fleet.read('SEP001122334456'), undefined)
})

t.test(
  'a session that changes nothing leaves the LSC, one that deletes it takes it away, and a phone made again keeps it',
  async t => {
    const file = join(t.testdir(), 'fleet.db')
    const lsc = await certified()
    await using fleet = opened(file)
    fleet.keep(made(NAME))
    fleet.keep(ended(NAME, { lsc: { now: lsc } }))
    fleet.keep(ended(NAME, { operation: 'none' }))
    fleet.keep(made(NAME))
    await fleet.flush()
    t.ok(fleet.read(NAME)?.lsc)
    fleet.keep(made(NAME))
    fleet.keep(ended(NAME, { operation: 'none' }))
    await fleet.flush()
    t.ok(fleet.read(NAME)?.lsc, 'also when it is made and has its turn in one batch')
    fleet.keep(made(NAME))
    fleet.keep(ended(NAME, { operation: 'delete', lsc: { now: undefined } }))
    await fleet.flush()
    t.match(fleet.read(NAME), { model: '8861', lsc: undefined, pendingKey: undefined })
  },
)

t.test('a key that many phones share stands once, and one that nobody has any more can be forgotten', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const [shared, own] = [await certified(), await certified()]
  await using fleet = opened(file)
  for (let index = 0; index < 500; index++) {
    fleet.keep(made(`SEP${index}`))
    fleet.keep(ended(`SEP${index}`, { lsc: { now: shared } }))
  }
  fleet.keep(ended('SEP7', { lsc: { now: own } }))
  await fleet.flush()
  using database = new DatabaseSync(file, { readOnly: true })
  const keys = () => database.prepare('SELECT count(*) AS n FROM key').get()?.n
  t.equal(keys(), 2)
  fleet.keep(ended('SEP7', { lsc: { now: shared } }))
  await fleet.flush()
  await fleet.forgetKeys()
  t.equal(keys(), 1)
  t.ok(fleet.read('SEP499')?.lsc?.privateKey.equals(shared.key.privateKey))
})

t.test('processes of a run write to it at the same time, and one that finds it locked comes again', async t => {
  const file = join(t.testdir(), 'fleet.db')
  await using one = opened(file)
  await using two = opened(file)
  for (let index = 0; index < 1000; index++) (index % 2 ? one : two).keep(made(`SEP${index}`))
  using other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const writing = Promise.all([one.flush(), two.flush()])
  await new Promise(setImmediate)
  t.equal(one.read('SEP1'), undefined)
  other.exec('COMMIT')
  await writing
  t.ok(one.read('SEP998') && two.read('SEP1'))
})

t.test('who signs for the fleet is there in the next run', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const { certificateDer, key } = await certified()
  await using fleet = opened(file)
  t.equal(fleet.authority('manufacturing'), undefined)
  await fleet.keepAuthority('manufacturing', { certificateDer, privateKey: key.privateKey })
  t.strictSame(fleet.authority('manufacturing')?.certificateDer, certificateDer)
  t.ok(fleet.authority('manufacturing')?.privateKey.equals(key.privateKey))
})

t.test('a key that a phone has just made survives its process, and finds its certificate', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const key = await generateKeyPair(EC)
  const [spki, pkcs8] = [key.publicKeyDer, key.privateKey.export({ format: 'der', type: 'pkcs8' })]
  const phone = { deviceName: NAME, model: '8861' }
  // As if it had been killed: nothing is flushed, and the last entry is cut.
  using journal = new KeyJournal({ file, process: 3 })
  journal.add({ ...phone, publicKeyDer: Buffer.from('older'), privateKeyDer: pkcs8 })
  journal.turn()
  journal.add({ ...phone, publicKeyDer: spki, privateKeyDer: pkcs8 })
  journal.add({ deviceName: 'SEP000000000009', model: '8861', publicKeyDer: spki, privateKeyDer: pkcs8 })
  const last = `${file}-keys-3b`
  writeFileSync(last, readFileSync(last).subarray(0, -1))
  await using fleet = opened(file)
  fleet.recoverKeys()
  t.match(fleet.read(NAME), { model: '8861', pendingKey: { publicKeyDer: spki } })
  t.ok(fleet.read(NAME)?.pendingKey?.privateKey.equals(key.privateKey))
  t.equal(fleet.read('SEP000000000009'), undefined)
  t.strictSame(
    readdirSync(t.testdirName).filter(name => name.includes('keys')),
    [],
  )
})

t.test('a journal holds no more than what is not yet in the file, and is gone in the end', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const key = await generateKeyPair(EC)
  const sizes = () =>
    readdirSync(t.testdirName).flatMap(name => (name.includes('keys') ? [statSync(join(t.testdirName, name)).size] : []))
  {
    await using fleet = new FleetFile({ file, process: 0, onFailure: error => t.fail(error.message) })
    for (let second = 0; second < 4; second++) {
      for (let index = 0; index < 10; index++) fleet.keepKey({ deviceName: `SEP${second}${index}`, model: '8861' }, key)
      await fleet.flush()
    }
    t.equal(sizes().length, 2)
    t.ok(Math.max(...sizes()) < 10 * 300)
    t.ok(fleet.read('SEP39')?.pendingKey)
  }
  t.strictSame(sizes(), [])
})

t.test('what is no file of a fleet is refused and left alone', async t => {
  const folder = t.testdir({ text: 'something that I wrote', empty: '' })
  const foreign = join(folder, 'foreign.db')
  using database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE mine (a)')
  const newer = join(folder, 'newer.db')
  await opened(newer)[Symbol.asyncDispose]()
  {
    using later = new DatabaseSync(newer)
    later.exec('PRAGMA user_version = 99')
  }
  for (const [file, message] of [
    [join(folder, 'text'), /not a database/],
    [foreign, /another program/],
    [newer, /newer version/],
    [join(folder, 'no', 'such', 'folder'), /unable to open/],
    [folder, /unable to open/],
  ] as const)
    t.throws(() => opened(file), { name: 'FleetError', code: 'FLEET_FILE', where: file, message }, file)
  t.equal(statSync(join(folder, 'text')).size, 22)
})

t.test('a file that breaks during the run is told once, and nothing throws', async t => {
  const file = join(t.testdir(), 'fleet.db')
  const told: string[] = []
  await using fleet = new FleetFile({ file, onFailure: ({ code }) => told.push(code) })
  fleet.keep(made(NAME))
  await fleet.flush()
  using database = new DatabaseSync(file)
  database.exec('DROP TABLE phone')
  fleet.keep(made('SEP000000000002'))
  fleet.keep(made('SEP000000000003'))
  await fleet.flush()
  fleet.keep(made('SEP000000000004'))
  await fleet.flush()
  t.strictSame(told, ['FLEET_FILE'])
})
