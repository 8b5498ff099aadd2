import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'

const cwd = t.testdir()
const server = await RunningServer.start({ cwd, args: ['--log-level', 'silent'] })
t.teardown(() => server[Symbol.asyncDispose]())

const USUAL = { '--server': server.address, '--capf-certificate': 'capf.pem', '--out': 'lscs' }

const enrol = (name: string, ...args: string[]) => {
  const usual = Object.entries(USUAL).flatMap(([flag, value]) => (args.includes(flag) ? [] : [flag, value]))
  return capf(['phone', 'enrol', name, ...usual, ...args], { cwd })
}
const device = (...args: string[]) => capf(['device', ...args], { cwd })
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

t.test('serve, add, enrol, list, look with openssl; then upgrade by that LSC, then delete it', async t => {
  const name = 'SEP001122334455'
  const file = `lscs/${name}.pem`
  await device('add', name, '--operation', 'install', '--auth-string', '445566')
  const { code, stdout, stderr } = await enrol(name, '--auth-string', '445566')
  t.equal(code, 0, stderr)
  for (const phase of ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end', 'total'])
    t.match(stdout, new RegExp(`^  ${phase} +\\d+\\.\\d ms$`, 'm'))
  t.match(stdout, new RegExp(`^done: installed the LSC: ${file} \\(CN=${name}, issued by CN=CAPF-`, 'm'))
  t.equal(statSync(join(cwd, file)).mode & 0o777, 0o600)
  t.match(openssl('verify', '-CAfile', 'capf.pem', file), `${file}: OK`)
  t.equal(
    openssl('x509', '-in', file, '-noout', '-pubkey'),
    openssl('pkey', '-in', file, '-pubout'),
    'certificate and key belong together',
  )
  t.match((await device('list')).stdout, new RegExp(`^${name}  none       string \\(–\\)  rsa:2048  3 Upgrade Success  20`, 'm'))
  const pem = (await device('show', name, '--certificate')).stdout
  t.ok(readFileSync(join(cwd, file), 'utf8').startsWith(pem))
  await device('export', '--certificates', 'exported')
  t.equal(readFileSync(join(cwd, `exported/${name}.pem`), 'utf8'), pem)

  await device('set', name, '--operation', 'install', '--auth', 'lsc', '--key', 'ec:p256')
  const upgraded = await enrol(name, '--json')
  t.match(JSON.parse(upgraded.stdout), {
    version: 1,
    device: name,
    ok: true,
    operation: 'install',
    lsc: 'installed',
    file,
    sessions: 1,
  })
  t.match(openssl('verify', '-CAfile', 'capf.pem', file), `${file}: OK`)
  t.match(openssl('x509', '-in', file, '-noout', '-text'), 'prime256v1')

  await device('set', name, '--operation', 'delete')
  t.match(await enrol(name), { code: 0, stdout: /done: deleted the LSC/ })
  t.notOk(existsSync(join(cwd, file)))
  t.match(await enrol(name, '--auth', 'null'), { code: 0, stdout: /done: nothing was ordered/ })
})

t.test('a key from a pool', async t => {
  await capf(['keys', 'generate', '--count', '2', '--out', 'rsa.pool'], { cwd })
  await device('add', 'SEP0000000000A1', '--operation', 'install')
  t.match(await enrol('SEP0000000000A1', '--key-pool', 'rsa.pool', '--model', '8841', '--protocol-version', '2'), { code: 0 })
  await device('set', 'SEP0000000000A1', '--operation', 'install', '--key', 'ec:p256')
  const other = await enrol('SEP0000000000A1', '--key-pool', 'rsa.pool')
  t.match(other, { code: 0, stderr: /the server asks for ec:p256, rsa\.pool holds rsa:2048/ })
})

t.test('a phone that is refused says why, and the store too', async t => {
  const name = 'SEP0000000000B1'
  await device('add', name, '--operation', 'install', '--auth-string', '445566')
  const wrong = await enrol(name, '--auth-string', '998877')
  t.match(wrong, { code: 1, stdout: /the phone shows: LSC: Failed/, stderr: /the server refused .*\(PHONE_REFUSED\)/ })
  t.notMatch(wrong.stdout + wrong.stderr, '998877')
  t.match((await device('list', '--status', '10')).stdout, `${name}`)
  t.match(await enrol('SEP0000000000B2'), { code: 1, stderr: /PHONE_UNKNOWN_DEVICE/ })
  t.match(await enrol(name, '--auth', 'mic'), { code: 2, stderr: /PHONE_NO_CREDENTIAL/ })
})

t.test('a server that is not there, or not the right one', async t => {
  const nobody = ['--server', '127.0.0.1:1', '--retries', '1', '--retry-interval-ms', '1']
  const { code, stderr } = await enrol('SEP0000000000C1', ...nobody)
  t.equal(code, 6)
  t.match(stderr, /nobody listens there .*; trying again in 0\.001 s\n.*PHONE_CONNECT_REFUSED\)\n$/)
  const stranger = t.testdir()
  await using other = await RunningServer.start({ cwd: stranger })
  const untrusted = await enrol('SEP0000000000C1', '--server', other.address, '--retries', '0')
  t.match(untrusted, { code: 1, stderr: /PHONE_UNTRUSTED_SERVER/ })
})

t.test('what is missing or cannot be read is told before anything is sent', async t => {
  const missing = await capf(['phone', 'enrol', 'SEP0000000000D1'], { cwd })
  t.equal(missing.code, 2)
  for (const flag of ['--server HOST:PORT', '--capf-certificate FILE', '--out DIR']) t.match(missing.stderr, `${flag} is missing`)
  writeFileSync(join(cwd, 'garbage.pem'), 'garbage')
  writeFileSync(join(cwd, 'folder'), '')
  t.match(await enrol('a b'), { code: 2, stderr: /DEVICE_BAD_NAME/ })
  t.match(await enrol('SEP0000000000D1', '--lsc', 'none.pem'), { code: 2, stderr: /none\.pem: .*CLI_FILE_UNREADABLE/ })
  t.match(await enrol('SEP0000000000D1', '--mic', 'garbage.pem'), { code: 2, stderr: /garbage\.pem: .*CLI_BAD_CERTIFICATE_FILE/ })
  t.match(await enrol('SEP0000000000D1', '--key-pool', 'garbage.pem'), { code: 2, stderr: /garbage\.pem: .*PKI_POOL/ })
  await device('add', 'SEP0000000000D2', '--operation', 'install', '--key', 'ec:p256')
  t.match(await enrol('SEP0000000000D2', '--out', 'folder'), { code: 1, stderr: /CLI_FILE_UNWRITABLE/ })
})

t.test('Ctrl-C ends a phone that waits', async t => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  const args = [
    'phone',
    'enrol',
    'SEP0000000000E1',
    '--server',
    `127.0.0.1:${port}`,
    '--capf-certificate',
    'capf.pem',
    '--out',
    'lscs',
  ]
  const child = startCapf(args, { cwd })
  const ended = outcome(child)
  const [socket] = await once(silent, 'connection')
  child.kill('SIGINT')
  const { code, stderr } = await ended
  socket.destroy()
  t.equal(code, 5)
  t.match(stderr, 'PHONE_ABORTED')
})

t.test('a folder that cannot be written is told before the server gives an LSC that would be lost', async t => {
  const name = 'SEP0011223344FF'
  await device('add', name, '--operation', 'install')
  writeFileSync(join(cwd, 'no-folder'), '')
  const { code, stderr } = await enrol(name, '--out', 'no-folder')
  t.equal(code, 1)
  t.match(stderr, /^capf: no-folder.*\(CLI_FILE_UNWRITABLE\)$/m)
  t.match(JSON.parse((await device('show', name, '--json')).stdout), { operation: 'install', status: 2 })
})
