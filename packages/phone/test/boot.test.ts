import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { memoryFlash, TRANSPORTS } from '../src/index.ts'
import { Cluster, shown, steps, USUAL } from './cluster.ts'
import { credential, recorded } from './credentials.ts'
import { HttpFiles } from './file-servers.ts'
import { DEVICE, goodbye, greet, install } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())
const itl = await cluster.list()

const MEMBERS = [{ priority: 0, port: 2445, address: 'pub.example' }]
const CAPF = { capfAuthMode: 'null', capfList: [{ phonePort: 3804, processNodeName: 'pub.example' }] } as const
const FULL = { fullConfig: true, tvs: MEMBERS, capfAuthMode: 'none' } as const

const nobody = () => 1

t.test('files are asked for in the order of real phones, and further ones may be missing', async t => {
  await cluster.serve({ itl, config: FULL, others: { 'AppDialRules.xml': Buffer.from('<x/>') } })
  const phone = cluster.phone()
  const result = await cluster.boot(phone, { options: { furtherFiles: true } })
  t.match(result, { ok: true, rounds: 0 })
  t.strictSame(cluster.http.asked, [
    `CTL${DEVICE}.tlv`,
    `ITL${DEVICE}.tlv`,
    `${DEVICE}.cnf.xml.sgn`,
    'English_United_States/sip.jar',
    'United_States/g3-tones.xml',
    'AppDialRules.xml',
  ])
  t.strictSame(shown(phone), ['Trust List Updated', `${DEVICE}.cnf.xml.sgn(HTTP)`, 'VPN not configured'])
  t.match(
    result.steps.find(({ step }) => step === 'itl'),
    { file: `ITL${DEVICE}.tlv`, transport: 'HTTP', bytes: itl.length },
  )
  t.equal(result.phasesMs.capf, undefined, 'there was no reason to contact CAPF')
})

t.test('without a trust list the configuration is asked for and taken unsigned', async t => {
  await cluster.serve({ config: FULL })
  const phone = cluster.phone()
  t.match(await cluster.boot(phone), { ok: true, trustLists: {} })
  t.equal(cluster.http.asked.at(-1), `${DEVICE}.cnf.xml`)
  t.strictSame(shown(phone), ['No Trust List Installed', `${DEVICE}.cnf.xml(HTTP)`, 'VPN not configured'])
})

t.test('a phone that nobody configured takes the file for such phones', async t => {
  await cluster.serve({ itl })
  cluster.files.set(
    'XMLDefault.cnf.xml.sgn',
    await cluster.signed(Buffer.from('<Default></Default>'), { name: 'XMLDefault.cnf.xml.sgn' }),
  )
  const result = await cluster.boot(cluster.phone())
  t.match(result, { ok: true, config: {} })
  t.ok(steps(result).includes('defaultConfig ok'))
})

t.test('models without Security By Default ask for no ITL, and only by TFTP', async t => {
  await cluster.serve({ itl, config: FULL })
  for (const model of ['7940', '7960', '7935', '7936', '7937'] as const) {
    cluster.tftp.asked.length = 0
    const result = await cluster.boot(cluster.phone({ model }))
    t.match(result, { ok: true, trustLists: {} }, model)
    t.strictSame(cluster.tftp.asked, [`CTL${DEVICE}.tlv`, `${DEVICE}.cnf.xml`], model)
  }
  t.strictSame(cluster.http.asked, [])
})

t.test('without a configuration it begins anew after about 45 seconds, as often as it is told', async t => {
  await cluster.serve({ itl })
  const waits: number[] = []
  const phone = cluster.phone({
    delay: async ms => {
      waits.push(ms)
      if (waits.length === 2) cluster.files.set(`${DEVICE}.cnf.xml.sgn`, await cluster.signed(FULL))
    },
  })
  const failed = await cluster.boot(phone)
  t.match(failed, { ok: false, rounds: 0, failure: { code: 'BOOT_NO_CONFIG', step: 'config' } })
  const result = await cluster.boot(phone, { options: { configRetries: 5 } })
  t.match(result, { ok: true, rounds: 2 })
  t.strictSame(waits, [45_000, 45_000])
})

t.test('HTTP first, TFTP where HTTP fails, and a dead end only once', async t => {
  await cluster.serve({ itl, config: FULL })
  const phone = cluster.phone()
  const result = await cluster.boot(phone, { options: { httpPort: nobody() } })
  t.match(result, { ok: true })
  t.strictSame(cluster.tftp.asked, [`CTL${DEVICE}.tlv`, `ITL${DEVICE}.tlv`, `${DEVICE}.cnf.xml.sgn`])
  t.equal(cluster.console.filter(({ code }) => code === 'FILE_FAILED').length, 1)
  t.ok(shown(phone).includes(`${DEVICE}.cnf.xml.sgn(TFTP)`))
})

t.test('where nobody answers the boot ends at once, and says so', async t => {
  await cluster.serve({ itl, config: FULL })
  const result = await cluster.boot(cluster.phone(), { options: { httpPort: nobody(), tftpPort: nobody() } })
  t.match(result, { ok: false, failure: { code: 'BOOT_UNREACHABLE', side: 'network', step: 'ctl' } })
  t.strictSame(steps(result), ['server ok', 'ctl deadEnd'])
})

t.test('a name of the file server without an address', async t => {
  cluster.unknownNames.add('tftp.example')
  const phone = cluster.phone()
  const result = await cluster.boot(phone)
  cluster.unknownNames.clear()
  t.match(result, { ok: false, failure: { code: 'BOOT_NAME_UNKNOWN', step: 'server' } })
  t.strictSame(shown(phone), ['DNS unknown IPv4 host tftp.example'])
})

t.test('HTTPS is used when the trust list tells of it, and only with the certificate that is in it', async t => {
  const signerVersion = { major: 1, minor: 1 }
  const records = [...USUAL, { role: 'CCM+TFTP', of: 'ccm-ec' }] as const
  const told = await cluster.list({ records, signerVersion })
  await cluster.serve({ itl: told, config: FULL })
  const plain = `${DEVICE}.cnf.xml.sgn`
  cluster.files.set(plain, cluster.files.get(`${DEVICE}.cnf.xml`)!)
  await using https = await HttpFiles.start(cluster.files, credential('ccm-ec'))
  const phone = cluster.phone()
  const result = await cluster.boot(phone, { options: { httpsPort: https.port } })
  t.match(result, { ok: true })
  t.strictSame(https.asked, [plain], 'from the configuration on')
  t.ok(shown(phone).includes(`${plain}(HTTPS)`), 'there the .sgn name may be answered with a file that is not signed')

  await using stranger = await HttpFiles.start(cluster.files, credential('tvs-ec'))
  const careful = await cluster.boot(cluster.phone(), { options: { httpsPort: stranger.port } })
  t.match(careful, { ok: false, failure: { code: 'BOOT_NOT_SIGNED' } }, 'by HTTP the same file is refused')
  t.equal(stranger.asked.length, 0, 'the stranger heard nothing')
  t.match(
    cluster.console.filter(({ code }) => code === 'FILE_FAILED').map(({ text }) => text),
    [/BOOT_HTTPS_UNTRUSTED/],
  )

  for (const [list, why] of [
    [await cluster.list({ records }), 'signer version 1.1 is missing'],
    [await cluster.list({ signerVersion }), 'no EC certificate has a TFTP role'],
  ] as const) {
    await cluster.serve({ itl: list, config: FULL })
    await cluster.boot(cluster.phone(), { options: { httpsPort: https.port } })
    t.equal(https.asked.length, 1, why)
  }
  await cluster.serve({ itl: told, config: FULL })
  await cluster.boot(cluster.phone({ model: '7962' }), { options: { httpsPort: https.port } })
  t.equal(https.asked.length, 1, 'old models do not speak HTTPS 6971')
  t.strictSame(Object.keys(TRANSPORTS), ['HTTPS', 'HTTP', 'TFTP'])
})

t.test('an encrypted configuration is opened by the LSC, or by the MIC', async t => {
  const short = { fullConfig: false, encrConfig: true, capfAuthMode: 'none' } as const
  const phoneKey = credential('phone')
  await cluster.serve({ itl, config: short })
  cluster.files.set(`${DEVICE}.cnf.xml.enc.sgn`, await cluster.encrypted(FULL, phoneKey.certificateDer))
  for (const credentials of [{ mic: phoneKey }, { lsc: phoneKey }, { lsc: credential('phone-ec'), mic: phoneKey }]) {
    const result = await cluster.boot(cluster.phone(credentials))
    t.match(result, { ok: true, config: { fullConfig: true } }, Object.keys(credentials).join())
    t.ok(steps(result).includes('encryptedConfig ok'))
  }
})

t.test('one that cannot be opened sends the phone to CAPF, and the new LSC opens it', async t => {
  const short = { fullConfig: false, encrConfig: true, ...CAPF, capfAuthMode: 'none' } as const
  await cluster.serve({ itl, config: short })
  cluster.files.set(`${DEVICE}.cnf.xml.enc.sgn`, await cluster.encrypted(FULL, credential('phone').certificateDer))
  cluster.world.server.script = async peer => {
    await greet(peer)
    const { certificateDer } = await install(peer, { world: cluster.world, key: 'rsa:2048' })
    cluster.files.set(`${DEVICE}.cnf.xml.enc.sgn`, await cluster.encrypted(FULL, certificateDer))
    goodbye(peer)
  }
  const flash = memoryFlash()
  const phone = cluster.phone({ flash })
  const result = await cluster.boot(phone)
  t.match(result, { ok: true, capfReason: 'DECRYPT_FILE_FAILED', capf: { lsc: 'installed' }, config: { fullConfig: true } })
  t.strictSame(
    steps(result).slice(4),
    [
      'config encrypted',
      'encryptedConfig locked',
      'tvs skipped',
      'further skipped',
      'capf lscChanged',
      'configAgain encrypted',
      'encryptedAgain ok',
    ].slice(1),
  )
  t.equal((await flash.load()).lsc, phone.lsc, 'the LSC is kept')

  await cluster.serve({ itl, config: { ...short, capfList: [] } })
  cluster.files.set(`${DEVICE}.cnf.xml.enc.sgn`, await cluster.encrypted(FULL, credential('phone').certificateDer))
  cluster.world.server.script = async peer => {
    await greet(peer)
    goodbye(peer, 0)
  }
  const locked = await cluster.boot(cluster.phone())
  t.match(locked, { ok: false, capf: { ok: true }, failure: { code: 'BOOT_NOT_DECRYPTED' } }, 'CAPF has no order for it')
})

t.test('CAPF by string waits for somebody who types it', async t => {
  await cluster.serve({ itl, config: { ...FULL, ...CAPF, capfAuthMode: 'string' } })
  cluster.world.server.script = async peer => {
    t.equal((await greet(peer)).password, '445566')
    goodbye(peer, 0)
  }
  const phone = cluster.phone()
  t.match(await cluster.boot(phone), { ok: false, failure: { code: 'BOOT_NO_STRING', side: 'client' } })
  phone.configure({ authString: '445566' })
  t.match(await cluster.boot(phone), { ok: true, capfReason: 'MANUAL_SESSION' })
})

t.test('the LSC of the phone and the one that the cluster knows are compared by SHA-1 or MD5', async t => {
  const lsc = await cluster.world.newLsc()
  const { createHash } = await import('node:crypto')
  const hashOf = (name: string) => createHash(name).update(lsc.certificateDer).digest('hex')
  for (const [certHash, reason] of [
    [hashOf('sha1'), undefined],
    [hashOf('md5'), undefined],
    ['', 'PUBKEY_MISMATCH'],
    [hashOf('sha1').replace(/^./, digit => (digit === '0' ? '1' : '0')), 'PUBKEY_MISMATCH'],
  ] as const) {
    await cluster.serve({ itl, config: { ...CAPF, capfAuthMode: 'none', fullConfig: false, certHash } })
    cluster.world.server.script = async peer => {
      await greet(peer)
      goodbye(peer, 0)
    }
    t.equal((await cluster.boot(cluster.phone({ lsc }))).capfReason, reason, certHash)
  }
})

t.test('CAPF is found in the trust list where the configuration does not name it', async t => {
  await cluster.serve({ itl, config: { ...FULL, capfAuthMode: 'null' } })
  const phone = cluster.phone()
  t.match(await cluster.boot(phone), { ok: true })
  t.strictSame(cluster.connected, ['127.0.0.1:3804'])
  t.ok(
    cluster.console.some(({ text }) => text.includes('query[A] pub.example')),
    'by the DNSNAME of its record',
  )
})

t.test('an abort ends a boot in every step, and nothing is left', async t => {
  await cluster.serve({ itl, config: { ...FULL, ...CAPF }, others: {} })
  for (const at of ['server', 'ctl', 'itl', 'config', 'tvs', 'further'] as const) {
    const abort = new AbortController()
    const { signal } = abort
    const onStep = ({ step }: { step: string }) => step === at && abort.abort()
    const result = await cluster.boot(cluster.phone(), { signal, onStep })
    t.match(result, { ok: false, failure: { code: 'BOOT_ABORTED' } }, at)
    t.equal(result.steps.at(-2)!.step, at)
  }
  const abort = new AbortController()
  cluster.files.clear()
  const delay = async (_: number, signal: AbortSignal | undefined) => {
    abort.abort()
    signal?.throwIfAborted()
  }
  const waited = await cluster.boot(cluster.phone({ delay }), { signal: abort.signal, options: { configRetries: 5 } })
  t.match(waited, { ok: false, rounds: 0, failure: { code: 'BOOT_ABORTED', detail: 'while waiting to begin again' } })
  const gone = await cluster.boot(cluster.phone(), { signal: AbortSignal.abort() })
  t.strictSame(steps(gone), ['server deadEnd'])
})

t.test('many phones share what they read', async t => {
  await cluster.serve({ itl, config: FULL })
  const flashes = Array.from({ length: 20 }, () => memoryFlash())
  await Promise.all(
    flashes.map((flash, n) => {
      const deviceName = `SEP0000000000${n + 10}`
      cluster.files.set(`ITL${deviceName}.tlv`, itl)
      cluster.files.set(`${deviceName}.cnf.xml.sgn`, cluster.files.get(`${DEVICE}.cnf.xml.sgn`)!)
      return cluster.boot(cluster.phone({ flash, deviceName }))
    }),
  )
  const held = await Promise.all(flashes.map(async flash => (await flash.load()).lists.ITL[0]))
  t.equal(new Set(held).size, 1, 'one list in memory, the same object')
})

t.test('a phone boots once at a time', async t => {
  await cluster.serve({ itl, config: FULL })
  const phone = cluster.phone()
  const [first, second] = await Promise.all([cluster.boot(phone), cluster.boot(phone)])
  t.match(first, { ok: true })
  t.match(second, { ok: false, failure: { code: 'PHONE_BUSY' }, steps: [] })
  t.match(await cluster.boot(phone), { ok: true })
  await t.rejects(phone.boot({ server: 'x', options: { httpPort: 0 } }), { code: 'CONFIG_OUT_OF_RANGE' })
  t.match(await cluster.boot(phone), { ok: true }, 'a wrong option is no boot')
})

t.test('files of a server of somebody else: openssl s_server -WWW', async t => {
  const cwd = t.testdir({
    'file.pem': recorded('ccm-ec.pem'),
    [`${DEVICE}.cnf.xml.sgn`]: await cluster.signed(FULL),
  })
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-WWW', '-cert', 'file.pem', '-key', 'file.pem'], { cwd })
  t.teardown(() => server.kill())
  let said = ''
  while (!/ACCEPT .*:\d+\n/.test(said)) said += (await once(server.stdout, 'data'))[0]
  const httpsPort = Number(/ACCEPT .*:(\d+)\n/.exec(said)?.[1])
  const records = [...USUAL, { role: 'CCM+TFTP', of: 'ccm-ec' }] as const
  await cluster.serve({ itl: await cluster.list({ records, signerVersion: { major: 1, minor: 1 } }) })
  const result = await cluster.boot(cluster.phone(), { options: { httpsPort } })
  t.match(result, { ok: true, config: { fullConfig: true } })
  t.match(
    result.steps.find(({ step }) => step === 'config'),
    { transport: 'HTTPS' },
  )
})
