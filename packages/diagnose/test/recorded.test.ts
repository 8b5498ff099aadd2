import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { diagnose, type FindingName, inputFile } from '@capfkit/diagnose'
import t from 'tap'
import { bytesAs } from './inputs.ts'

const FOLDER = resolve(import.meta.dirname, '../../../test-vectors')
/** Files without a year are of the year before. */
const NOW = new Date('2026-11-21T12:00:00Z')

/** Every log of the documents, and the cause that they give for it. */
const CAUSES: Readonly<Record<string, FindingName | undefined>> = {
  'logs/capf-online-ca-enrolment.txt': undefined,
  'logs/capf-online-ca-start.txt': undefined,
  'logs/capf-online-ca-timeout.txt': 'ca-enrol-timeout',
  'logs/ces-template-misspelt.txt': 'template-misspelt',
  'logs/phone-console-resolved.txt': undefined,
  'logs/phone-console-unresolved.txt': 'capf-name-unresolvable',
  'logs/phone-status-unresolved.txt': 'capf-name-unresolvable',
  'logs/scanned-capf-timeout.txt': 'ca-enrol-timeout',
  'logs/scanned-ces-chain-timeout.txt': 'ca-enrol-timeout',
  'logs/scanned-ces-issuer-missing.txt': 'iis-chain-missing',
  'logs/scanned-ces-login-timeout.txt': 'ca-login-timeout',
  'logs/scanned-ces-name-mismatch.txt': 'iis-name-mismatch',
  'logs/scanned-ces-name-unresolvable.txt': 'online-ca-name-unresolvable',
  'logs/scanned-ces-not-yet-valid.txt': 'iis-not-yet-valid',
  'logs/scanned-ces-template-misspelt.txt': 'template-misspelt',
  'logs/show-itl-missing.txt': 'itl-empty',
  'logs/show-itl-seed.txt': undefined,
  'adcs/ces-chain-timeout.txt': 'ca-enrol-timeout',
  'adcs/ces-issuer-missing.txt': 'iis-chain-missing',
  'adcs/ces-login-timeout.txt': 'ca-login-timeout',
  'adcs/ces-name-mismatch.txt': 'iis-name-mismatch',
  'adcs/ces-name-unresolvable.txt': 'online-ca-name-unresolvable',
  'adcs/ces-not-yet-valid.txt': 'iis-not-yet-valid',
  'adcs/ces-start.txt': undefined,
  'adcs/ces-template-misspelt.txt': 'template-misspelt',
  'adcs/iis-enrolment.txt': undefined,
  'adcs/iis-start.txt': undefined,
}

const read = (...names: readonly string[]) =>
  diagnose(
    names.map(name => inputFile(resolve(FOLDER, name))),
    { now: NOW },
  )

t.test('logs whose lines a copy has joined give the same', async t => {
  const joined = Object.entries(CAUSES).filter(([name]) => /capf-|ces-|iis-|console-/.test(name) && !name.includes('scanned-'))
  for (const [name, cause] of joined) {
    const lines = readFileSync(resolve(FOLDER, name), 'utf8').trimEnd().split(/\r?\n/)
    const { findings } = await diagnose([bytesAs(name, lines.join(' '))], { now: NOW })
    t.strictSame(
      findings.map(({ name }) => name),
      cause === undefined ? [] : [cause],
      name,
    )
  }
})

t.test('rows that name the status as the pages of CUCM do, in both of their spellings', async t => {
  for (const spelling of ['Timeout', 'Timedout']) {
    const table = `name            status\n${'='.repeat(15)} ${'='.repeat(52)}\nSEP74A02FC0A675 Upgrade Failed: User Initiated Request Late/${spelling}\n`
    const { findings } = await diagnose([bytesAs('sql.txt', table)], { now: NOW })
    t.match(findings, [{ name: 'operation-expired', device: 'SEP74A02FC0A675' }], spelling)
  }
})

t.test('a certificate without a name is not that of a host that cannot be read', async t => {
  const log = `${[
    'ossl_init_cert_store: Adding cert to store (/C=US/O=VeriSign)',
    'login_to_certsrv_ca: Curl call for MS CA login failed with return code 60 (SSL certificate problem: unable to get local issuer certificate)',
    'login_to_certsrv_ca: URL used: lab-dc',
  ]
    .map(text => `nginx: [warn] ${text}`)
    .join('\n')}\n`
  const { findings } = await diagnose([bytesAs('nginx0001.txt', log)], { now: NOW })
  t.match(findings, [{ name: 'iis-chain-missing' }])
})

t.test('every recorded log is understood, gives the documented cause and no other', async t => {
  for (const [name, cause] of Object.entries(CAUSES)) {
    const { sources, findings } = await read(name)
    t.not(sources[0]?.kind, 'unknown', name)
    t.equal(sources[0]?.isNoisy, name.includes('scanned-'), `${name}: out of a scan`)
    t.strictSame(sources[0]?.leftOut, [], `${name}: nothing left out`)
    t.strictSame(
      findings.map(({ name, severity, isUnsure }) => ({ name, severity, isUnsure })),
      cause === undefined ? [] : [{ name: cause, severity: 'error', isUnsure: false }],
      name,
    )
  }
})

t.test('no log of the documents is without its row', async t => {
  const logs = ['logs', 'adcs'].flatMap(folder => readdirSync(resolve(FOLDER, folder)).map(name => `${folder}/${name}`))
  t.strictSame(logs.filter(name => name.endsWith('.txt')).sort(), Object.keys(CAUSES).sort())
})

t.test('a finding points to the lines that show it, as they stand', async t => {
  const name = 'logs/phone-status-unresolved.txt'
  const { findings, timelines } = await read(name)
  const { device, at, evidence, cure, collectNext } = findings[0]!
  t.match({ device, at }, { device: 'SEP682C7B5C2342', at: '2021-03-16T11:14:10.000' })
  t.match(evidence, [
    { line: 9, text: '[11:13:27 03/16/21] DNS unknown IPv4 host PUB11.brianw2.lab' },
    { line: 12, text: '[11:14:10 03/16/21] LSC: Connection failed' },
  ])
  t.match(cure, /DNS/)
  t.ok(collectNext.length > 0)
  t.equal(timelines[0]?.entries.length, 7, 'everything that is known of the phone, in order')
  t.match(timelines[0]?.entries.at(-1), { at: '2021-03-16T11:14:10.000', text: /LSC: Connection failed/ })
})

t.test('a scan gives the same device and moment as the clean text', async t => {
  const [clean] = (await read('logs/capf-online-ca-timeout.txt')).findings
  const [scanned] = (await read('logs/scanned-capf-timeout.txt')).findings
  t.match(scanned, { device: 'SEP001F6C81118B', at: clean?.at })
})

t.test('IIS says it in UTC, the others on their own clocks: how far they differ is estimated', async t => {
  const { sources } = await read('adcs/ces-start.txt', 'adcs/iis-start.txt')
  // 12:31:21 in one log is 17:31:15 in the other: five hours, and clocks that are six seconds apart.
  t.strictSame(
    sources.map(({ offsetMs }) => offsetMs),
    [0, (5 * 3_600 - 6) * 1_000],
  )
  const enrolment = await read('logs/capf-online-ca-enrolment.txt', 'adcs/iis-enrolment.txt')
  t.match(enrolment.sources[1], { kind: 'iis-log' })
  t.ok(Math.abs(enrolment.sources[1]!.offsetMs! + 2_000) <= 1_000, 'a trace without a date, and a log that is two seconds behind')
})

t.test('what is over is told as such: behind it somebody was served', async t => {
  const failed = readFileSync(resolve(FOLDER, 'adcs/ces-name-mismatch.txt'), 'utf8')
  const served =
    '***EST [INFO][log_access:1298]--> 14.48.31.128 [27/Feb/2019:17:53:28 -0500] "POST /.well-known/est/simpleenroll HTTP/1.1" 200 1963\n'
  const severities = async (text: string) => (await diagnose([bytesAs('error.log', text)])).findings.map(({ severity }) => severity)
  t.strictSame(await severities(`${failed}${served}`), ['warning'])
  t.strictSame(await severities(`${served}${failed}`), ['error'], 'before it, that says nothing')
  const loggedIn = readFileSync(resolve(FOLDER, 'logs/ces-template-misspelt.txt'), 'utf8').split('\n').slice(0, 7).join('\n')
  t.strictSame(await severities(`${failed}${loggedIn}\n`), ['warning'], 'the next login was taken')
  t.strictSame(await severities(`${loggedIn}\n${failed}`), ['error'])
  t.strictSame(await severities(`${failed.repeat(300)}${served}${failed}`), ['error'], 'however often it had failed before')
})

t.test('the words of OpenSSL for a chain that is not complete', async t => {
  for (const words of ['unable to verify the first certificate', 'self-signed certificate in certificate chain']) {
    const log = `nginx: [warn] login_to_certsrv_ca: Curl call for MS CA login failed with return code 60 (SSL certificate problem: ${words})\n`
    const { findings } = await diagnose([bytesAs('nginx0001.txt', log)], { now: NOW })
    t.match(findings, [{ name: 'iis-chain-missing' }], words)
  }
})
