import t from 'tap'
import {
  CONSOLE_LINES,
  CONSOLE_PROCESSES,
  type ConsoleLine,
  formatStatusMessage,
  STATUS_MESSAGES,
  type StatusMessage,
} from '../src/index.ts'
import { ConsoleLog } from '../src/screen/console-lines.ts'
import { Cluster, USUAL } from './cluster.ts'
import { DEVICE, goodbye, greet } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())

const PUB = 'PUB11.brianw2.lab'
const MEMBERS = [{ priority: 0, port: 2445, address: PUB }]
const CAPF = { capfAuthMode: 'null', capfList: [{ phonePort: 3804, processNodeName: PUB }] } as const
const CONFIG = { fullConfig: true, tvs: MEMBERS, ...CAPF } as const

const itl = await cluster.list()
const without = (role: string) => cluster.list({ records: USUAL.filter(entry => entry.role !== role) })

/** What was shown and written in one boot. */
const watch = async (change: { retries?: number } = {}) => {
  const status: StatusMessage[] = []
  const console: ConsoleLine[] = []
  const phone = cluster.phone({
    options: { retries: change.retries ?? 0 },
    onStatus: message => status.push(message),
    onConsole: line => console.push(line),
  })
  const result = await cluster.boot(phone)
  for (const { code } of status) causedStatus.add(code)
  for (const { code } of console) causedLines.add(code)
  return {
    result,
    phone,
    status: status.map(({ text }) => text),
    console: console.map(({ text }) => text),
  }
}
const causedStatus = new Set<string>()
const causedLines = new Set<string>()

t.test('a name without an address: what the recorded phone showed and wrote', async t => {
  await cluster.serve({ itl, config: CONFIG })
  cluster.unknownNames.add(PUB)
  const { status, console } = await watch({ retries: 2 })
  cluster.unknownNames.clear()
  t.strictSame(status, [
    'Trust List Updated',
    `${DEVICE}.cnf.xml.sgn(HTTP)`,
    'VPN not configured',
    `DNS unknown IPv4 host ${PUB}`,
    ...Array.from({ length: 3 }, () => [`DNS unknown IPv4 host ${PUB}`, 'LSC: Connection failed']).flat(),
  ])
  const words = console.join('\n')
  for (const line of [
    `query[A] ${PUB} from 127.0.0.1`,
    `reply ${PUB} is NXDOMAIN-IPv4`,
    `JAVA-configmgr MQThread|NetUtil.traceIPv4DNSErrors:? - DNS unknown IPv4 host ${PUB}`,
    'SECUREAPP-RCAPF_START_MODE: Start CAPF - mode:[1]([NULL_STR])',
    'SECUREAPP-CAPF_CLNT_INIT:CAPF clnt initialized',
    'SECUREAPP-CAPFClnt: SetDelayTimer - set with value <0>',
    'SECUREAPP-Sec create BIO - invalid parameter.',
    'SECUREAPP-SEC_CAPF_BIO_F: CAPF create bio failed',
    'SECUREAPP-SEC_CAPF_OP_F: CAPF operation failed, ret -7',
  ])
    t.ok(words.includes(line), line)
})

t.test('no CAPF record: No valid CAPF server, whatever else there is', async t => {
  await cluster.serve({ itl: await without('CAPF'), config: CONFIG })
  const { status, result } = await watch()
  t.equal(status.at(-1), 'No valid CAPF server')
  t.match(result, { ok: false, failure: { code: 'PHONE_NO_TRUSTED_SERVER', detail: 'no trust list has a CAPF record' } })
  t.strictSame(cluster.connected, [])

  const nameless = await cluster.list({ records: USUAL.map(({ dnsName, ...entry }) => entry) })
  await cluster.serve({ itl: nameless, config: { capfAuthMode: 'null', capfList: [{ phonePort: 3804 }] } })
  t.match((await watch()).result, { failure: { code: 'PHONE_NO_TRUSTED_SERVER', detail: 'there is no address of a CAPF server' } })
})

t.test('a CAPF certificate that is not in the list, a refusal, and success', async t => {
  const other = await cluster.list({
    records: [...USUAL.filter(({ role }) => role !== 'CAPF'), { role: 'CAPF', of: 'app', form: 'hash', dnsName: PUB }],
  })
  await cluster.serve({ itl: other, config: CONFIG })
  t.equal((await watch()).status.at(-1), 'LSC: Connection failed')
  t.match((await watch()).result, { failure: { code: 'PHONE_UNTRUSTED_SERVER' } })
  cluster.confirmed = [{ certificateDer: cluster.certificateOf('capf'), roles: ['CAPF'] }]
  t.match((await watch()).result, { ok: true })
  cluster.tvs.script = (_, socket) => void socket.destroy()
  t.match((await watch()).result, { ok: false })

  await cluster.serve({ itl, config: CONFIG })
  cluster.world.server.script = async peer => {
    await greet(peer)
    goodbye(peer, 7)
  }
  t.equal((await watch()).status.at(-1), 'LSC: Failed')
})

t.test('lists that are refused, files that fail, no list at all', async t => {
  await cluster.serve({ itl: itl.subarray(0, 99), config: CONFIG })
  t.strictSame((await watch()).status.slice(0, 2), ['Trust List Update Failed', 'No Trust List Installed'])
  await cluster.serve({ itl, config: CONFIG })
  cluster.files.set(`${DEVICE}.cnf.xml.sgn`, Buffer.from('<device/>'))
  await watch()
  cluster.http.script = (_, response) => response.writeHead(500).end()
  t.match((await watch()).status.at(0), 'Trust List Updated', 'HTTP fails, TFTP does not')
  cluster.http.script = undefined
})

t.test('every status message and every line of the console that is documented was caused by something above', async t => {
  t.strictSame([...causedStatus].toSorted(), Object.keys(STATUS_MESSAGES).toSorted())
  t.strictSame([...causedLines].toSorted(), Object.keys(CONSOLE_LINES).toSorted())
})

t.test('lines look as they were recorded', async t => {
  const at = Date.UTC(2021, 2, 12, 15, 7, 55, 761) + 0.903
  const lines: string[] = []
  const log = new ConsoleLog({ now: () => at, sink: ({ text }) => lines.push(text) })
  for (let count = 1; count < 636; count++) log.write('CAPF_INIT')
  log.write('CAPF_BIO_INVALID')
  t.equal(lines.at(-1), '0636 ERR Mar 12 15:07:55.761903 (322:17812) SECUREAPP-Sec create BIO - invalid parameter.')
  log.write('DNS_QUERY', { host: PUB })
  t.equal(lines.at(-1), `0637 INF Mar 12 15:07:55.761903 dnsmasq[12864]: query[A] ${PUB} from 127.0.0.1`)
  log.write('DNS_QUERY', { host: 'a\u001b[2Jb\nc' })
  t.match(lines.at(-1), /query\[A\] a \[2Jb c from/, 'a name cannot steer the terminal')
  for (let number = 639; number <= 10_000; number++) log.write('CAPF_INIT')
  t.match(lines.at(-1), /^0000 /)
  for (const line of lines)
    if (!/^\d{4} (DEB|INF|NOT|WRN|ERR|CRT) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \S/.test(line)) t.fail(line)
  const message = { at: Date.UTC(2021, 2, 16, 11, 13, 27), code: 'LSC_CONNECTION_FAILED', text: 'LSC: Connection failed' } as const
  t.equal(formatStatusMessage(message), '[11:13:27 03/16/21] LSC: Connection failed')
})

t.test('the tables: every line has a process that is known, every message a cause', async t => {
  for (const [code, { process, text, literal }] of Object.entries(CONSOLE_LINES)) {
    t.match(code, /^[A-Z_]+$/)
    t.ok(process in CONSOLE_PROCESSES && text && literal)
  }
  for (const { text, cause, certainty } of Object.values(STATUS_MESSAGES)) t.ok(text && cause && certainty)
})
