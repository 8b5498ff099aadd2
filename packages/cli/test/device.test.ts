import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

/** The commands in this process: the same code, without the start of a program each time. */
const inProcess = (cwd: string) => (args: string[]) =>
  onTerminal(['device', ...args, '--store', `sqlite:${join(cwd, 'capf.db')}`], { isTTY: false, env: { TZ: 'UTC' } })

const lines = (text: string) => text.trim().split('\n')
const objects = (text: string) => lines(text).map(line => JSON.parse(line))

t.test('add, list, show, set, remove', async t => {
  const cwd = t.testdir()
  const device = inProcess(cwd)
  t.match(await device(['add', 'SEP001122334455', 'CSFALICE', '--operation', 'install', '--auth-string', '123456']), {
    code: 0,
    stdout: 'added 2 devices, SEP001122334455 to CSFALICE: operation install, authentication string, key rsa:2048\n',
    stderr: '',
  })
  const list = await device(['list'])
  t.strictSame(lines(list.stdout), [
    'NAME             OPERATION  AUTH          KEY       STATUS',
    'CSFALICE         install    string (set)  rsa:2048  2 Operation Pending',
    'SEP001122334455  install    string (set)  rsa:2048  2 Operation Pending',
  ])
  t.equal(list.stderr, '2 devices\n')

  const set = await device([
    'set',
    'sep001122334455',
    '--operation',
    'none',
    '--auth',
    'lsc',
    '--key',
    'ec:p384+rsa:4096',
    '--completes-by',
    '2030:02:28:23',
  ])
  t.match(set, { code: 0, stdout: 'changed SEP001122334455: operation none, authentication lsc, status 1\n' })
  t.match(objects((await device(['list', '--json', '--operation', 'none'])).stdout), [
    {
      name: 'SEP001122334455',
      operation: 'none',
      auth: 'lsc',
      authStringSet: true,
      key: 'ec:p384+rsa:4096',
      completesBy: '2030:02:28:23:00',
    },
  ])
  await device(['set', 'SEP001122334455', '--completes-by', 'none'])
  const shown = await device(['show', 'SEP001122334455', '--json'])
  t.match(JSON.parse(shown.stdout), {
    version: 1,
    name: 'SEP001122334455',
    status: 1,
    statusText: 'None',
    completesBy: undefined,
  })
  t.match((await device(['show', 'SEP001122334455'])).stdout, /^key +ec:p384\+rsa:4096$/m)
  t.match(await device(['show', 'SEP001122334455', '--certificate']), { code: 1, stdout: '', stderr: /has no LSC/ })

  t.match(await device(['remove', 'CSFALICE', 'SEP001122334455']), { code: 0, stdout: 'removed 2 devices\n' })
  t.match(await device(['list']), { code: 0, stdout: '', stderr: 'no devices\n' })
})

t.test('many devices from one MAC address, each with its own string', async t => {
  const device = inProcess(t.testdir())
  const { stdout, stderr } = await device([
    'add',
    'SEP0011223344FE',
    '--count',
    '3',
    '--auth-string',
    'generate',
    '--operation',
    'install',
  ])
  const strings = lines(stdout).map(line => line.split('  '))
  t.strictSame(
    strings.map(([name]) => name),
    ['SEP0011223344FE', 'SEP0011223344FF', 'SEP001122334500'],
  )
  for (const [, text] of strings) t.match(text, /^\d{6}$/)
  t.match(stderr, /^added 3 devices, SEP0011223344FE to SEP001122334500/)
  const again = await device(['set', 'SEP0011223344FE', '--auth-string', 'generate', '--json'])
  t.match(objects(again.stdout), [{ name: 'SEP0011223344FE', authString: /^\d{6}$/ }])

  t.match(await device(['add', 'SEPFFFFFFFFFFFF', '--count', '2']), { code: 2, stderr: /beyond the last MAC address/ })
  t.match(await device(['add', 'CSFALICE', '--count', '2']), { code: 2, stderr: /needs a name that ends in a MAC address/ })
  t.match(await device(['add', 'A', 'B', '--count', '2']), { code: 2, stderr: /--count goes with one name/ })
})

t.test('null string says once what it costs', async t => {
  const device = inProcess(t.testdir())
  const { stderr } = await device(['add', 'SEP000000000001', '--count', '5', '--operation', 'install'])
  t.equal(lines(stderr).filter(line => line.includes('null string')).length, 1)
  const odd = await device(['add', 'A', '--auth-string', 'abcd', '--operation', 'install'])
  t.match(odd.stderr, 'CUCM would not take it')
  const none = await device(['add', 'B', '--auth', 'string', '--operation', 'install'])
  t.match(none.stderr, 'no phone can authenticate')
})

t.test('what cannot be done changes nothing', async t => {
  const cwd = t.testdir()
  const device = inProcess(cwd)
  t.match(await device(['list']), { code: 2, stderr: /there is no such store/ })
  t.strictSame(readdirSync(cwd), [], 'a mistyped store is not made')
  await device(['add', 'SEP000000000001'])
  t.match(await device(['add', 'SEP000000000002', 'sep000000000001']), { code: 1, stderr: /sep000000000001: .*DEVICE_EXISTS/ })
  t.match(await device(['set', 'SEP000000000001', 'NOBODY', '--operation', 'install']), {
    code: 1,
    stderr: /NOBODY: .*CLI_DEVICE_UNKNOWN/,
  })
  t.match(await device(['remove', 'SEP000000000001', 'NOBODY', 'NONE']), { code: 1, stderr: /NOBODY: .*\n.*NONE: / })
  t.match(await device(['set', 'SEP000000000001']), { code: 2, stderr: /nothing to change/ })
  t.match(await device(['set', 'SEP000000000001', '--completes-by', '2030:02:31:10']), {
    code: 2,
    stderr: /--completes-by must be/,
  })
  t.match(await device(['add', 'a b', 'c/d', '--key', 'rsa:1000']), { code: 2, stderr: /--key must be rsa:512/ })
  t.match(await device(['add', 'a b', 'c/d']), { code: 2, stderr: /"a b" is not a device name.*\n.*"c\/d" is not/ })
  t.match(await onTerminal(['device', 'list', '--store', 'memory:']), { code: 2, stderr: /CLI_STORE_IN_MEMORY/ })
  t.match(objects((await device(['list', '--json'])).stdout), [{ name: 'SEP000000000001', operation: 'none' }])
})

t.test('a list on a narrow terminal wraps the status only', async t => {
  const cwd = t.testdir()
  const device = inProcess(cwd)
  await device(['add', 'SEP000000000001', '--key', 'ec:p521+rsa:4096', '--completes-by', '2030:01:01:00', '--auth-string', '1234'])
  const { stdout } = await onTerminal(['device', 'list', '--store', `sqlite:${join(cwd, 'capf.db')}`], {
    columns: 60,
    env: { NO_COLOR: '1' },
  })
  t.ok(lines(stdout).length >= 2)
  t.match(stdout, 'SEP000000000001')
})

t.test('export is what import reads', async t => {
  const cwd = t.testdir()
  await capf(['device', 'add', 'SEP000000000001', '--operation', 'delete', '--auth-string', 'a,b"c', '--key', 'ec:p256+rsa:1024'], {
    cwd,
  })
  const exported = await capf(['device', 'export', '--with-secrets'], { cwd })
  t.match(exported.stdout, 'SEP000000000001,delete,string,"a,b""c",ec:p256+rsa:1024,')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(cwd, 'devices.csv'), exported.stdout)
  t.match(await capf(['device', 'import', 'devices.csv', '--store', 'sqlite:copy.db'], { cwd }), { code: 0 })
  const copy = await capf(['device', 'export', '--with-secrets', '--store', 'sqlite:copy.db'], { cwd })
  t.equal(copy.stdout, exported.stdout)
  const json = await capf(['device', 'export', '--format', 'json'], { cwd })
  t.notMatch(json.stdout, 'a,b')
})
