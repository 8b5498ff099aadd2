import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@capfkit/pki'
import t from 'tap'
import { openFolderFlash } from '../src/index.ts'
import { Cluster, shown, USUAL } from './cluster.ts'
import { credential, recorded } from './credentials.ts'
import { goodbye, greet, install } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())

const CONFIG = { fullConfig: true, tvs: [{ priority: 0, port: 2445, address: 'tvs.example' }], capfAuthMode: 'none' } as const
const itl = await cluster.list()
const newer = await cluster.list({ records: [...USUAL, { role: 'APP-SERVER', of: 'app' }] })

t.test('lists, their backups, LSC and TVS are there after a power cut', async t => {
  const folder = join(t.testdir({}), 'phone')
  await cluster.serve({ itl, config: { ...CONFIG, capfAuthMode: 'null' } })
  cluster.world.server.script = async peer => {
    await greet(peer)
    await install(peer, { world: cluster.world })
    goodbye(peer)
  }
  const phone = cluster.phone({ flash: await openFolderFlash(folder), makeKey: generateKeyPair })
  t.match(await cluster.boot(phone), { ok: true, capf: { lsc: 'installed' } })
  await cluster.serve({ itl: newer, config: CONFIG })
  t.match(await cluster.boot(phone), { ok: true })
  t.strictSame((await readdir(folder)).toSorted(), ['ITLFile.tlv', 'ITLFile.tlv.bak', 'LSC.pem', 'tvs.json'])
  t.strictSame(await readFile(join(folder, 'ITLFile.tlv')), newer)
  t.strictSame(await readFile(join(folder, 'ITLFile.tlv.bak')), itl)
  for (const file of await readdir(folder)) t.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file)

  const again = cluster.phone({ flash: await openFolderFlash(folder) })
  const result = await cluster.boot(again)
  t.match(result, { ok: true })
  t.notOk(shown(again).includes('Trust List Updated'), 'the list is known')
  t.strictSame(again.lsc?.certificateDer, phone.lsc?.certificateDer)
  t.equal(again.lscMenu, 'Installed')

  await again.eraseTrust()
  t.strictSame(await readdir(folder), ['LSC.pem'], 'erased are the lists and TVS, not the LSC')
})

t.test('a list that is damaged on the disk: the backup counts, or else there is none', async t => {
  const folder = t.testdir({
    'ITLFile.tlv': itl.subarray(0, 900),
    'ITLFile.tlv.bak': itl,
    'tvs.json': '{"members":[{}],"answers":7}',
  })
  const foreign = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }] })
  await cluster.serve({ itl: foreign, config: CONFIG })
  t.match(await cluster.boot(cluster.phone({ flash: await openFolderFlash(folder) })), { failure: { code: 'BOOT_TVS_NONE' } })
  const bare = t.testdir({ 'ITLFile.tlv': 'garbage', 'tvs.json': 'garbage' })
  t.match((await cluster.boot(cluster.phone({ flash: await openFolderFlash(bare) }))).steps[2], { step: 'itl', outcome: 'ok' })
})

t.test('TVS of the configuration before is asked about a list, which comes before the configuration', async t => {
  const folder = t.testdir({})
  await cluster.serve({ itl, config: CONFIG })
  await cluster.boot(cluster.phone({ flash: await openFolderFlash(folder) }))
  const changed = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  await cluster.serve({ itl: changed, config: CONFIG })
  cluster.confirmed = [{ certificateDer: cluster.certificateOf('sast2'), roles: ['SAST'] }]
  t.match(await cluster.boot(cluster.phone({ flash: await openFolderFlash(folder) })), { ok: true })
  t.equal(cluster.tvs.heard.length, 1)
})

t.test('what cannot be read or written is a failure of the boot, with the file in it', async t => {
  const folder = t.testdir({ 'LSC.pem': 'not a certificate' })
  const broken = await cluster.boot(cluster.phone({ flash: await openFolderFlash(folder) }))
  t.match(broken, { ok: false, failure: { code: 'BOOT_FLASH', side: 'client' }, steps: [] })

  const huge = t.testdir({ 'ITLFile.tlv': Buffer.alloc(70_000) })
  t.match(await cluster.boot(cluster.phone({ flash: await openFolderFlash(huge) })), { failure: { code: 'BOOT_FLASH' } })

  const blocked = t.testdir({})
  await mkdir(join(blocked, 'ITLFile.tlv.bak'))
  await writeFile(join(blocked, 'ITLFile.tlv'), recorded('sha1/ITLFile.tlv'))
  await cluster.serve({ itl: newer, config: CONFIG })
  const flash = await openFolderFlash(blocked).catch(error => error)
  t.match(await cluster.boot(cluster.phone({ flash })), { ok: false, failure: { code: 'BOOT_FLASH' } })
  await t.rejects(openFolderFlash(join(blocked, 'ITLFile.tlv')), { code: 'BOOT_FLASH' })
})

t.test('a deleted LSC is gone from the flash as well', async t => {
  const folder = t.testdir({})
  const flash = await openFolderFlash(folder)
  await flash.saveLsc(credential('phone'))
  t.strictSame((await flash.load()).lsc?.certificateDer, credential('phone').certificateDer)
  await cluster.serve({ itl, config: { ...CONFIG, capfAuthMode: 'null' } })
  cluster.world.server.script = async peer => {
    await greet(peer)
    peer.say({ name: 'DELETE_CERTIFICATE_REQUEST' })
    await peer.hear('DELETE_CERTIFICATE_RESPONSE')
    goodbye(peer)
  }
  t.match(await cluster.boot(cluster.phone({ flash })), { ok: true, capf: { lsc: 'deleted' } })
  t.notOk((await readdir(folder)).includes('LSC.pem'))
  t.equal((await flash.load()).lsc, undefined)
})
