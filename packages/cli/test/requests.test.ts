import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatAddress } from '@capfkit/listen'
import { Phone } from '@capfkit/phone'
import {
  buildCertsOnly,
  CertificateIssuer,
  certificateAndKey,
  derToPem,
  generateKeyPair,
  newCapfCa,
  newManufacturingCa,
  parseCertificate,
  parseCsr,
  pemToDer,
  publicKeyDerOf,
  readPrivateKey,
} from '@capfkit/pki'
import { CapfServer, openDeviceStore } from '@capfkit/server'
import t, { type Test } from 'tap'
import { onTerminal } from './terminal.ts'

const now = () => new Date()
const capfCa = await newCapfCa({ now })
const capf = certificateAndKey(capfCa.certificateDer, capfCa.keyPair.privateKey)
const ca = await newManufacturingCa({ now, keySpec: { type: 'ec', curve: 'secp256r1' } })
const issuer = CertificateIssuer.create({
  certificateDer: ca.certificateDer,
  privateKey: ca.keyPair.privateKey,
  profile: 'lsc',
  now,
})

const signed = async (csrDer: Buffer): Promise<Buffer> => {
  const { subject, publicKeyDer } = parseCsr(csrDer)
  return (await issuer.issue({ subject, publicKeyDer })).certificateDer
}

const lines = (text: string) => text.trim().split('\n')

/** A server with an offline CA, real phones, and the commands on its store, in this process. */
const offline = async (t: Test, names: readonly string[]) => {
  const cwd = t.testdir()
  const file = `sqlite:${join(cwd, 'capf.db')}`
  const store = openDeviceStore(file)
  await store.add(names.map(name => ({ name, operation: 'install' })))
  const server = await CapfServer.start({
    store,
    certificate: capf,
    options: { listen: '127.0.0.1:0', issuer: 'offline', logLevel: 'silent' },
  })
  t.teardown(async () => {
    await server.close(0)
    await store[Symbol.asyncDispose]()
  })
  const phone = (deviceName: string) =>
    new Phone({
      deviceName,
      authMode: 'null',
      trusted: [capf.certificateDer],
      makeKey: generateKeyPair,
      options: { signRequests: true },
    })
  const session = (one: Phone) => one.runSession(server.address)
  const run = (...args: string[]) => onTerminal([...args, '--store', file], { isTTY: false })
  return { cwd, address: formatAddress(server.address), store, phone, session, run }
}

t.test('an offline CA: list, dump, sign, import, and the phone has its LSC', async t => {
  const names = ['SEP000000000001', 'SEP000000000002', 'SEP000000000003']
  const { cwd, store, phone, session, run } = await offline(t, names)
  const phones = names.map(phone)
  for (const one of phones) t.match(await session(one), { ok: false, failure: { code: 'PHONE_CERTIFICATE_LATER' }, reason: 0 })

  const list = await run('csr', 'list')
  t.equal(list.code, 0)
  t.match(lines(list.stdout)[0], /^DEVICE +STATE +KEY +CREATED +SUBJECT$/)
  t.match(lines(list.stdout)[1], /^SEP000000000001 +waiting +rsa:2048 +\d{4}-\d\d-\d\dT[\d:]+ +CN=SEP000000000001$/)
  t.equal(list.stderr, '3 certificate requests\n')
  const [asJson] = lines((await run('csr', 'list', '--json', '--like', '%2')).stdout).map(line => JSON.parse(line))
  t.match(asJson, { device: 'SEP000000000002', state: 'waiting', key: 'rsa:2048', subject: 'CN=SEP000000000002' })
  t.match(JSON.parse((await run('csr', 'count', '--json')).stdout), { version: 1, waiting: 3, issued: 0, superseded: 0 })

  const folder = join(cwd, 'requests')
  t.match(await run('csr', 'dump', '--to', folder), { code: 0, stdout: `wrote 3 certificate requests to ${folder}\n` })
  const csrOf = (name: string) => pemToDer(readFileSync(join(folder, `${name}.csr`)), 'CERTIFICATE REQUEST')[0]!
  t.equal(parseCsr(csrOf(names[0]!)).verify(), true)

  // What CAs write: PEM, DER, PKCS#7 with the chain.
  const [first, second, third] = await Promise.all(names.map(name => signed(csrOf(name))))
  const files = ['1.pem', '2.cer', '3.p7b', 'ca.pem'].map(name => join(cwd, name))
  writeFileSync(files[0]!, derToPem(first!))
  writeFileSync(files[1]!, second!)
  writeFileSync(files[2]!, derToPem(buildCertsOnly([ca.certificateDer, third!]), 'PKCS7'))
  writeFileSync(files[3]!, derToPem(ca.certificateDer))
  const imported = await run('cert', 'import', ...files)
  t.equal(imported.code, 1, 'the file of the CA holds nothing that a request waits for')
  t.strictSame(lines(imported.stdout), [
    `${files[0]}: the certificate of SEP000000000001, which gets it when it comes next`,
    `${files[1]}: the certificate of SEP000000000002, which gets it when it comes next`,
    `${files[2]}: the certificate of SEP000000000003, which gets it when it comes next`,
    `${files[3]}: no certificate for a request that waits`,
  ])
  const again = await run('cert', 'import', files[0]!, '--json')
  t.match({ code: again.code, answer: JSON.parse(again.stdout) }, { code: 1, answer: { outcome: 'unmatched' } })
  t.match(lines((await run('csr', 'count')).stdout), ['waiting     0', 'unanswered  0', 'issued      3', 'superseded  0'])

  for (const [index, one] of phones.entries()) {
    t.match(await session(one), { ok: true, lsc: 'installed' })
    t.strictSame(one.lsc?.certificateDer, [first, second, third][index])
    t.match(await store.get(names[index]!), { operation: 'none', status: 3 })
  }
  t.equal((await run('csr', 'list')).stderr, 'no certificate requests\n')
})

t.test('capf phone enrol keeps its key until the certificate is there', async t => {
  const name = 'SEP000000000001'
  const { cwd, address, store, run } = await offline(t, [name])
  writeFileSync(join(cwd, 'capf.pem'), capf.certificatePem)
  const folder = join(cwd, 'lscs')
  const where = ['--server', address, '--capf-certificate', join(cwd, 'capf.pem'), '--out', folder]
  const enrol = () => onTerminal(['phone', 'enrol', name, ...where, '--sign-requests', '--json'], { isTTY: false })
  const keyFile = join(folder, `${name}.key`)

  const first = await enrol()
  t.match({ code: first.code, ...JSON.parse(first.stdout) }, { code: 1, failure: { code: 'PHONE_CERTIFICATE_LATER' } })
  t.equal(statSync(keyFile).mode & 0o777, 0o600)
  const early = await onTerminal(['phone', 'enrol', name, ...where, '--sign-requests'], { isTTY: false })
  t.match(early, { code: 0, stdout: new RegExp(`nothing was ordered, or the certificate for .*${name}\\.key is not there yet`) })
  const certificate = join(cwd, 'issued.cer')
  writeFileSync(certificate, await signed((await store.requests.current(name))!.csrDer))
  t.equal((await run('cert', 'import', certificate)).code, 0)

  const second = await enrol()
  t.match({ code: second.code, ...JSON.parse(second.stdout) }, { code: 0, ok: true, lsc: 'installed' })
  t.equal(existsSync(keyFile), false)
  const pem = readFileSync(join(folder, `${name}.pem`))
  t.strictSame(publicKeyDerOf(readPrivateKey(pem).privateKey), parseCertificate(pemToDer(pem)[0]!).publicKeyDer)

  writeFileSync(keyFile, 'no key')
  t.match(await enrol(), { code: 2, stderr: /this is no private key; remove it/ })
})

t.test('stale LSCs: list, view, delete', async t => {
  const name = 'SEP000000000001'
  const { cwd, store, phone, session, run } = await offline(t, [name])
  await session(phone(name))
  const older = await store.requests.current(name)
  await run('device', 'set', name, '--operation', 'install')
  const newPhone = phone(name)
  await session(newPhone)
  const file = join(cwd, 'late.pem')
  writeFileSync(file, derToPem(await signed(older!.csrDer)))
  t.match(await run('cert', 'import', file), {
    code: 0,
    stdout: `${file}: a stale LSC of ${name}: its request was superseded\n`,
  })

  const list = await run('stale-lsc', 'list')
  t.match(lines(list.stdout)[1], /^SEP000000000001 +\d{4}-.* +[0-9a-f]{16,} +\d{4}-\d\d-\d\d +.*TEST Manufacturing CA/)
  t.equal(list.stderr, '1 stale LSC\n')
  t.match(JSON.parse((await run('stale-lsc', 'list', '--json')).stdout), { device: name, subject: `CN=${name}` })
  t.strictSame((await run('stale-lsc', 'view', name.toLowerCase())).stdout, readFileSync(file, 'utf8'))
  t.match(lines((await run('csr', 'list')).stdout)[1], /waiting/, 'the newer request is among the others')
  t.equal((await run('csr', 'list')).stderr, '1 certificate request\n')

  t.match(await run('stale-lsc', 'delete', '--all'), { code: 0, stdout: 'deleted 1 stale LSC\n' })
  t.equal((await run('stale-lsc', 'list')).stderr, 'no stale LSCs\n')
})

t.test('a request that is deleted has its phone begin anew', async t => {
  const name = 'SEP000000000001'
  const { phone, session, run, store } = await offline(t, [name, 'SEP00000000000_'])
  const one = phone(name)
  await session(one)
  t.match(await session(one), { ok: true, operation: 'none', reason: 0 }, 'while it is there the phone is sent away')
  const before = await store.requests.current(name)
  t.match(await run('csr', 'delete', name), { code: 0, stdout: 'deleted 1 certificate request\n' })
  t.match(await session(one), { failure: { code: 'PHONE_CERTIFICATE_LATER' } })
  t.not((await store.requests.current(name))?.keyId, before?.keyId)
})

t.test('what is wrong with a command line or a file is said', async t => {
  const name = 'SEP000000000001'
  const { cwd, run } = await offline(t, [name])
  t.match(await run('csr', 'delete'), { code: 2, stderr: /name devices, or give --all/ })
  t.match(await run('csr', 'delete', name, '--all'), { code: 2, stderr: /name devices, or give --all/ })
  t.match(await run('csr', 'dump', name), { code: 1, stderr: /SEP000000000001: there is none of this device/ })
  t.match(await run('stale-lsc', 'view', 'SEP9'), { code: 1, stderr: /SEP9: there is none/ })
  writeFileSync(join(cwd, 'words.pem'), 'no certificate')
  t.match(await run('cert', 'import', join(cwd, 'words.pem')), {
    code: 2,
    stderr: /this is no certificate.*CLI_BAD_CERTIFICATE_FILE/,
  })
  t.match(await run('cert', 'import', join(cwd, 'nowhere.pem')), { code: 2, stderr: /CLI_FILE_UNREADABLE/ })
  t.match(await run('csr', 'dump', '--to', join(cwd, 'words.pem', 'x')), { code: 1, stderr: /CLI_FILE_UNWRITABLE/ })
  const missing = await onTerminal(['csr', 'list', '--store', `sqlite:${join(cwd, 'other.db')}`])
  t.match(missing, { code: 2, stderr: /CLI_STORE_MISSING/ })
  t.equal(existsSync(join(cwd, 'other.db')), false)
})
