import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { onTerminal } from './terminal.ts'

const importing = (cwd: string) => {
  const store = ['--store', `sqlite:${join(cwd, 'capf.db')}`]
  const run = (args: string[]) => onTerminal(['device', ...args, ...store], { isTTY: false })
  return {
    run,
    import: async (file: string, ...args: string[]) => {
      const { code, stdout, stderr } = await run(['import', join(cwd, file), ...args])
      return { code, stdout: stdout.replaceAll(cwd, ''), stderr: stderr.replaceAll(cwd, '') }
    },
    devices: async () => {
      const { stdout } = await run(['export', '--format', 'json', '--with-secrets'])
      return stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
    },
  }
}

t.test('CSV by our names, and a column that nobody knows', async t => {
  const cwd = t.testdir({
    'phones.csv':
      '\ufeffname,operation,auth,authString,key,colour\n# a comment\nSEP000000000001,install,,123456,ec:p256,red\n\nSEP000000000002,none,mic,,,blue\n',
  })
  const store = importing(cwd)
  t.strictSame(await store.import('phones.csv', '--json'), {
    code: 0,
    stdout: '{"version":1,"imported":2,"ignoredColumns":["colour"]}\n',
    stderr: 'not understood, and left out: column colour\n',
  })
  t.match(await store.devices(), [
    { name: 'SEP000000000001', operation: 'install', auth: 'string', authString: '123456', key: 'ec:p256', status: 2 },
    { name: 'SEP000000000002', operation: 'none', auth: 'mic', key: 'rsa:2048', status: 1 },
  ])
})

t.test('CSV by the names, numbers and words of CUCM', async t => {
  const cwd = t.testdir({
    'cucm.csv':
      'Device Name;tkcertificateoperation;tkauthenticationmode;authenticationstring;tkkeyorder;tkkeysize;tkeckeysize;upgradefinishtime\n' +
      'SEP000000000001;2;1;1234;1;3;;2030:01:20:12:00\n' +
      'SEP000000000002;Install/Upgrade;By Existing Certificate (precedence to LSC);;EC Preferred, RSA Backup;4096;384;\n' +
      'SEP000000000003;OPERATION_NONE;AUTH_BY_NULL_STR;;EC Only;;521;\n',
  })
  const store = importing(cwd)
  t.match(await store.import('cucm.csv'), { code: 0 })
  t.match(await store.devices(), [
    { operation: 'install', auth: 'string', authString: '1234', key: 'rsa:2048', completesBy: '2030:01:20:12:00' },
    { operation: 'install', auth: 'lsc', key: 'ec:p384+rsa:4096' },
    { operation: 'none', auth: 'null', key: 'ec:p521' },
  ])
})

t.test('every bad line is named at once, and nothing is imported', async t => {
  const cwd = t.testdir({
    'phones.csv': [
      'name,operation,auth,authString,key,completesBy',
      'SEP0000000000A1,install,string,123456,rsa:2048,2030:01:01:10',
      'sep0000000000a1,install,null,,,',
      'SEP0000000000A2,instal,null,,ec:p999,',
      'bad name,none,,,,',
      ',none,,,,',
      'SEP0000000000A3,none,,12,,2030:13:01:10',
    ].join('\r\n'),
    'empty.csv': '',
    'broken.csv': 'name,auth\nSEP1,"null\n',
    'none.csv': 'device,auth\nSEP1,null\n',
    'twice.csv': 'name,deviceName\nSEP1,SEP1\n',
  })
  const store = importing(cwd)
  const { code, stderr } = await store.import('phones.csv')
  t.equal(code, 1)
  t.strictSame(
    stderr
      .trim()
      .split('\n')
      .map(line => line.replace(/^capf: /, '')),
    [
      '/phones.csv:3: sep0000000000a1 stands at /phones.csv:2 already',
      '/phones.csv:4: operation must be none | install | delete | troubleshoot, got "instal"',
      '/phones.csv:4: key must be rsa:512..4096 | ec:p256, p384, p521 | ec:p256+rsa:2048, got "ec:p999"',
      '/phones.csv:5: "bad name" is not a device name: letters, digits, dot, dash, underscore, at most 128',
      '/phones.csv:6: there is no device name',
      '/phones.csv:7: authString must be 4 to 20 printable characters',
      '/phones.csv:7: completesBy must be YYYY:MM:DD:HH[:MM] or an ISO date and time, got "2030:13:01:10"',
      '/phones.csv: nothing was imported; correct the rows that are named (CLI_IMPORT_REFUSED)',
    ],
  )
  t.match(await store.run(['list']), { code: 2 }, 'there is not even a store')
  t.match(await store.import('empty.csv'), { code: 1, stderr: /there is no heading line/ })
  t.match(await store.import('broken.csv'), { code: 1, stderr: /broken\.csv:\d+: .*CLI_IMPORT_REFUSED/ })
  t.match(await store.import('none.csv'), { code: 1, stderr: /no column with the device name/ })
  t.match(await store.import('twice.csv'), { code: 1, stderr: /say the same thing/ })
  t.match(await store.import('missing.csv'), { code: 2, stderr: /CLI_FILE_UNREADABLE/ })
})

t.test('a device that is there already stops all, unless it may be replaced', async t => {
  const cwd = t.testdir({
    'one.csv': 'name,auth\nSEP000000000001,mic\n',
    'two.csv': 'name,auth\nSEP000000000002,mic\nsep000000000001,lsc\n',
  })
  const store = importing(cwd)
  await store.import('one.csv')
  t.match(await store.import('two.csv'), { code: 1, stderr: /DEVICE_EXISTS/ })
  t.match(await store.devices(), [{ auth: 'mic' }])
  t.match(await store.import('two.csv', '--replace'), { code: 0 })
  t.match(await store.devices(), [{ name: 'sep000000000001', auth: 'lsc' }, { name: 'SEP000000000002' }])
})

const CAPFCTL_TABLE = `CREATE TABLE devices (device_name TEXT PRIMARY KEY, operation TEXT NOT NULL, authentication TEXT, password TEXT,
  key_size INTEGER, ec_curve TEXT)`

t.test('the database of capfctl', async t => {
  const cwd = t.testdir()
  const store = importing(cwd)
  const database = new DatabaseSync(join(cwd, 'capfctl'))
  database.exec(CAPFCTL_TABLE)
  const insert = database.prepare(
    'INSERT INTO devices (device_name, operation, authentication, password, key_size, ec_curve) VALUES (?, ?, ?, ?, ?, ?)',
  )
  insert.run('SEP000000000001', 'install', 'no password', null, 2048, null)
  insert.run('SEP000000000002', 'fetch', 'password', '123456', 4096, null)
  insert.run('SEP000000000003', 'delete', 'certificate', null, null, 'secp384r1')
  insert.run('SEP000000000004', 'none', 'no password', null, 512, null)
  const { code, stdout, stderr } = await store.import('capfctl')
  t.match({ code, stdout }, { code: 0, stdout: 'imported 4 devices from /capfctl\n' })
  t.notMatch(stderr, 'not understood')
  t.match(await store.devices(), [
    { operation: 'install', auth: 'null', key: 'rsa:2048', status: 2 },
    { operation: 'troubleshoot', auth: 'string', authString: '123456', key: 'rsa:4096' },
    { operation: 'delete', auth: 'lsc', key: 'ec:p384' },
    { operation: 'none', auth: 'null', key: 'rsa:512', status: 1 },
  ])
  insert.run('SEP000000000005', 'renew', 'kerberos', null, 2000, null)
  database.close()
  const refused = await store.import('capfctl', '--replace')
  t.equal(refused.code, 1)
  for (const words of ['operation must be', 'authentication must be', 'key_size must be'])
    t.match(refused.stderr, new RegExp(`^capf: /capfctl: SEP000000000005: ${words}`, 'm'))
})

t.test('an older or newer table of capfctl, and other databases', async t => {
  const cwd = t.testdir()
  const store = importing(cwd)
  const make = (file: string, sql: string) => {
    const database = new DatabaseSync(join(cwd, file))
    database.exec(sql)
    database.close()
  }
  make(
    'old',
    `CREATE TABLE devices (device_name, operation, authentication, key_size, mood);
    INSERT INTO devices VALUES ('SEP000000000001', 'install', 'no password', 2048, 'good')`,
  )
  make('other', 'CREATE TABLE things (a)')
  t.match(await store.import('old'), { code: 0, stderr: /^not understood, and left out: column mood\n/ })
  t.match(await store.import('other'), { code: 1, stderr: /there is no table "devices"/ })
  writeFileSync(join(cwd, 'torn'), 'SQLite format 3\0 and then nothing')
  t.match(await store.import('torn'), { code: 1, stderr: /torn: .*CLI_IMPORT_REFUSED/ })
})
