import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCsr } from '@capfkit/pki'
import t from 'tap'
import { answerOf, onlineCa, signed } from './ca-behind-enrol.ts'
import { pemFile } from './certificates.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-openssl-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, data: string | Buffer) => {
  writeFileSync(join(folder, name), data)
  return join(folder, name)
}

const openssl = (...args: string[]): Buffer => {
  const { status, stdout, stderr } = spawnSync('openssl', args)
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  return stdout
}
const isMissing = spawnSync('openssl', ['version']).error !== undefined
if (isMissing && process.env.CI === 'true') throw new Error('openssl must be installed in CI')

/** A certificate by openssl, with these extensions. */
const byOpenssl = (csrDer: Buffer, extensions: string): Buffer => {
  const ca = pemFile('mca')
  const signer = ['-CA', ca, '-CAkey', ca, '-set_serial', '7', '-days', '30', '-extfile', file('extensions', extensions)]
  return openssl('x509', '-req', '-inform', 'der', '-in', file('csr', csrDer), ...signer, '-outform', 'der')
}

const phoneKey = signing()
const options = { issuer: 'online' } as const

const CASES = {
  'keyUsage=critical,digitalSignature': /lacks keyEncipherment: secure registration will fail \(ca-key-usage\)/,
  'keyUsage=critical,keyEncipherment': /lacks digitalSignature: .*ca-key-usage/,
  'keyUsage=critical,keyCertSign': /lacks digitalSignature and keyEncipherment: .*ca-key-usage/,
  'keyUsage=critical,digitalSignature,keyEncipherment': undefined,
  'basicConstraints=CA:FALSE': undefined,
}

for (const [extensions, warning] of Object.entries(CASES)) {
  const what = `a certificate with ${extensions} is installed, and the log ${warning ? 'says what will go wrong' : 'says nothing of it'}`
  t.test(what, isMissing ? { skip: 'openssl is not installed' } : {}, async t => {
    const ca = onlineCa(async ({ csrDer }) => answerOf(byOpenssl(csrDer, extensions)))
    const server = await serve(t, { options, onlineCa: ca, now: () => new Date() })
    const name = await server.device()
    t.equal(await server.session(name, phoneKey.answers), 1)
    t.match(await server.row(name), { operation: 'none', status: 3 })
    const [line] = server.logLines().filter(({ deviceName }) => deviceName === name)
    t.match(line, { msg: 'session ended', level: warning ? 40 : 30 })
    if (warning) t.match(line?.warning, warning)
    else t.equal(line?.warning, undefined)
  })
}

t.test('a CA that changes the subject: the log says that the device cannot prove itself with it', async t => {
  const keyPair = { spec: { type: 'rsa', bits: 2048 } as const, ...phoneKey }
  const csrDer = await buildCsr({ subject: [{ type: 'CN', value: 'SEPAAAAAAAAAAAA' }], keyPair })
  const server = await serve(t, { options, onlineCa: onlineCa(async () => answerOf(await signed(csrDer))) })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 1)
  const [line] = server.logLines().filter(({ deviceName }) => deviceName === name)
  t.match(line?.warning, new RegExp(`does not name ${name}: .*ca-subject`))
})
