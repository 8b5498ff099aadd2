import { execFileSync } from 'node:child_process'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

/** A self-signed certificate of OpenSSL's. */
const certificate = (folder: string, { name, days }: { name: string; days: number }): string => {
  const file = join(folder, `${name}.pem`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, `${name}.key`)]
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', String(days), '-out', file], {
    stdio: 'ignore',
  })
  return file
}

t.test('certificates in files: what ends is told with its alarm, and OpenSSL agrees', async t => {
  const folder = t.testdir({})
  const [soon, later] = [certificate(folder, { name: 'CAPF', days: 5 }), certificate(folder, { name: 'TVS', days: 1000 })]
  const { code, stdout, stderr } = await onTerminal(['monitor', soon, later], { isTTY: false })
  t.equal(code, 0, 'nothing has less than a day')
  t.match(stdout, /^\S+Z warning CertValidfor7days {2}certificate CN=CAPF in .*CAPF\.pem ends in 4 days, /)
  t.equal(stdout.trim().split('\n').length, 1)
  t.match(stderr, /^looked at 0 LSCs, 0 issuers of LSCs, 2 certificates in files: 1 notice\n/)
  const end = execFileSync('openssl', ['x509', '-noout', '-enddate', '-in', soon]).toString().replace('notAfter=', '')
  t.match(stdout, new Date(end).toISOString().replace('.000', ''))
  const strict = await onTerminal(['monitor', 'check', later, '--notice-days', '2000,1', '--json'], { isTTY: false })
  t.match(JSON.parse(strict.stdout.split('\n')[0]!), {
    type: 'notice',
    alarm: 'CertValidityOver30Days',
    severity: 'info',
    name: 'CN=TVS',
  })
  const last = await onTerminal(['monitor', certificate(folder, { name: 'last', days: 1 })], { isTTY: false })
  t.match(last, { code: 1, stdout: / error {3}CertValidLessthanADay {2}certificate CN=last / })
})

t.test('LSCs that a server has issued: notices, months, and whom a new CAPF certificate would reset', async t => {
  const cwd = t.testdir({})
  const store = ['--store', `sqlite:${join(cwd, 'capf.db')}`]
  await onTerminal(['device', 'add', 'SEP001122334455', 'SEP001122334466', '--operation', 'install', ...store])
  {
    await using server = await RunningServer.start({ cwd, args: [...store, '--lsc-days', '20'] })
    const phone = ['phone', 'enrol', 'SEP001122334455', '--server', server.address, '--capf-certificate', 'capf.pem', '--out', '.']
    t.match(await capf(phone, { cwd }), { code: 0 })
  }
  const run = (...args: readonly string[]) => onTerminal(['monitor', ...args, ...store], { isTTY: false })
  const check = await run('--json')
  const [notice, round] = check.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(notice, { alarm: 'CertValidLessThanMonth', kind: 'lsc', name: 'SEP001122334455', issuer: /^CN=CAPF-/ })
  t.match(round, { type: 'round', looked: { lsc: 1, issuer: 1, file: 0 }, notices: 1 })
  t.match(await run('report'), { code: 0, stdout: /^\d{4}-\d\d .*\|#{40} 1\n$/, stderr: '2 devices, 1 LSCs, 0 of them ended\n' })
  t.match((await run('report', '--csv', '-')).stdout, /^month,lscs,fullest_day,on_fullest_day\n\d{4}-\d\d,1,/)
  const regenerate = await run('regenerate', '--certificate', 'capf', '--json')
  t.match(JSON.parse(regenerate.stdout), {
    population: { phones: 2, lscs: 1, lscsOfCapf: 1, pending: 1 },
    impacts: [{ certificate: 'CAPF', phonesReset: 2, lscsToReissue: 1 }],
  })
})

t.test('as a service each notice is told once; a file that is replaced gets its own, and SIGTERM ends it', async t => {
  const cwd = t.testdir({})
  certificate(cwd, { name: 'CAPF', days: 5 })
  certificate(cwd, { name: 'new', days: 1 })
  const child = startCapf(['monitor', 'CAPF.pem', '--every', '1s', '--json'], { cwd })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = outcome(child)
  const told: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { type, alarm, notices } = JSON.parse(line)
    if (type === 'notice') told.push(alarm)
    // Told once: the round after the first has nothing new, and then there is another certificate.
    else if (notices === 0 && told.length === 1) await rename(join(cwd, 'new.pem'), join(cwd, 'CAPF.pem')).catch(() => {})
    else if (notices === 0) child.kill('SIGTERM')
  }
  t.equal((await ended).code, 0)
  t.strictSame(told, ['CertValidfor7days', 'CertValidLessthanADay'])
})

t.test('mistakes say what to do', async t => {
  const run = (...args: readonly string[]) => onTerminal(['monitor', ...args], { isTTY: false })
  t.match(await run('reprot'), { code: 2, stderr: /did you mean report\?/ })
  t.match(await run('absent.pem'), { code: 2, stderr: /absent\.pem: the file cannot be read: no such file/ })
  t.match(await run('--store', 'sqlite:/absent/capf.db'), { code: 2, stderr: /CLI_STORE_MISSING/ })
  t.match(await run('--store', 'sqlite:x.db', '--notice-days', '7,0', '--repeat', '1'), {
    code: 2,
    stderr: /--notice-days wants days of 1\.\.3650 such as 30,7,1, got "0".*\n.*--repeat wants a time/,
  })
  t.match(await run('regenerate'), { code: 2, stderr: /--certificate is missing/ })
  t.match(await run('regenerate', '--certificate', 'x,y'), { code: 2, stderr: /--certificate x: .*\n.*--certificate y: / })
  t.match(await run('regenerate', '--certificate', 'TVS,tftp'), {
    code: 1,
    stdout: /do not regenerate CallManager and TVS together/,
  })
  t.match(await run('--help'), { code: 0, stdout: /Without a command: check\./ })
})
