import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { pemToDer } from '@capfkit/pki'
import t, { type Test } from 'tap'
import {
  AdcsClient,
  type AdcsClientInit,
  AdcsSimulator,
  type AdcsSimulatorInit,
  CertificationAuthority,
  type CesLine,
  IIS_FIELDS,
  makeWebCertificate,
} from '../src/adcs/index.ts'
import { authority, csrDer } from './adcs-lab.ts'

const recorded = (file: string) =>
  readFileSync(new URL(`../../../test-vectors/adcs/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')

/** The laboratory of the recordings, on loopback: whatever name and port the client connects to is the simulator. */
const michamen = async (
  t: Test,
  { host = 'lab-dc.michamen.com', ...options }: NonNullable<AdcsSimulatorInit['options']> = {},
  environment: Partial<AdcsClientInit> = {},
  clock?: ReturnType<typeof late>,
) => {
  const iisLines: string[] = []
  const simulator = await AdcsSimulator.start({
    users: { ciscora: 'password' },
    authority,
    onIisLine: line => iisLines.push(line),
    ...(clock ? { sleep: clock.sleep } : {}),
    options: { listen: '127.0.0.1:0', domain: 'MICHAMEN', firstRequestId: 10, drainTimeoutMs: 1, host, ...options },
  })
  t.teardown(() => simulator[Symbol.asyncDispose]())
  const { port } = simulator.address
  const client = new AdcsClient({
    trusted: simulator.authority.roots,
    connect: given => connect({ ...given, host: '127.0.0.1', port }),
    ...environment,
    ...clock?.client,
    options: { server: `${host}:443`, user: 'MICHAMEN\\ciscora', password: 'password' },
  })
  const lines: CesLine[] = []
  return { simulator, client, iisLines, lines, onLine: (line: CesLine) => lines.push(line) }
}

/** Columns that are those of the machine and the moment. */
const OF_THE_MACHINE = ['date', 'time', 's-ip', 's-port', 'c-ip', 'time-taken']
const columns = Object.keys(IIS_FIELDS)
const comparable = (line: string) =>
  line
    .split(' ')
    .filter((_, index) => !OF_THE_MACHINE.includes(columns[index]!))
    .join(' ')

// [ADCS-3.1], [ADCS-7.1]
t.test('IIS logs an enrolment as it logs one of the product, column by column', async t => {
  const { client, iisLines } = await michamen(t)
  t.match(await client.enrol(csrDer, { template: 'CiscoRA' }), { status: 'issued', requestId: 10 })
  t.equal(columns.length, 15)
  t.strictSame(iisLines.map(comparable), recorded('iis-enrolment.txt').map(comparable))
  for (const line of iisLines)
    t.match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 127\.0\.0\.1 \S+ \/certsrv\S* \S+ \d+ \S+ 127\.0\.0\.1 CiscoRA\+1\.0 /)
})

t.test('IIS logs a start as it logs one of the product, but for the page that tells the newest renewal', async t => {
  const { client, iisLines } = await michamen(t)
  await client.caChain()
  const [asked, rest] = [
    iisLines.filter(line => line.includes('certcarc.asp')),
    iisLines.filter(line => !line.includes('certcarc.asp')),
  ]
  t.match(asked, [/ GET \/certsrv\/certcarc\.asp - \d+ MICHAMEN\\ciscora .* 200 0 0 \d+$/])
  t.strictSame(rest.map(comparable), recorded('iis-start.txt').map(comparable))
})

/** A line of the product's log, without time and process, or what stands in their place before the log is open. */
const said = (line: string) =>
  /^(?:nginx:|\d{4}\/\d\d\/\d\d \S+) (\[\w+\]) (?:\d+#\d+: (?:\*\d+ )?)?(.*?)(?: while SSL EST handshaking.*)?$/
    .exec(line)
    ?.slice(1)
    .join(' ')
const told = (lines: readonly CesLine[]) => lines.map(({ level, text }) => `[${level}] ${text}`)
const expected = (file: string) =>
  recorded(file)
    .filter(line => /(?:login_to|retrieve_cacerts|postconf|navigate_to|curl_data_cb)/.test(line))
    .map(said)

// [ADCS-6.1]
t.test('a start gives the lines of the product', async t => {
  const { client, lines, onLine } = await michamen(t)
  t.equal((await client.caChain({ onLine })).length, 1)
  t.strictSame(told(lines), expected('ces-start.txt'))
})

t.test('a misspelt template gives the lines of the product: the login is good, and its answer has 163 bytes', async t => {
  const { client, lines, onLine } = await michamen(t, { host: 'lab-dc-iis.michamen.com' })
  await t.rejects(client.enrol(csrDer, { template: 'CiscoRa2', onLine }), {
    code: 'ADCS_TEMPLATE_UNKNOWN',
    message: /login was good.*offered: CiscoRA/,
  })
  const withoutPageLength = (line: string | undefined) => line?.replace(/len: (?!163$)\d+$/, 'len: N')
  t.strictSame(told(lines).map(withoutPageLength), expected('ces-template-misspelt.txt').map(withoutPageLength))
})

/** A time-out that comes when the simulator has the request and thinks about it: its clock jumps, not that of the machine. */
const late = () => {
  let ms = 0
  let fire = () => {}
  return {
    client: {
      now: () => ms,
      startTimer: (callback: () => void, after: number) => {
        fire = () => {
          ms += after
          callback()
        }
        return { [Symbol.dispose]: () => {} }
      },
    },
    sleep: () => {
      fire()
      return new Promise<void>(() => {})
    },
  }
}

const failures: readonly {
  file: string
  code: string
  options?: AdcsSimulatorInit['options']
  environment?: Partial<AdcsClientInit>
  isLate?: true
  curl: number
}[] = [
  { file: 'ces-issuer-missing.txt', code: 'ADCS_TLS_UNKNOWN_ISSUER', environment: { trusted: [] }, curl: 60 },
  { file: 'ces-issuer-missing.txt', code: 'ADCS_TLS_SELF_SIGNED', options: { webCertificate: 'self-signed' }, curl: 60 },
  { file: 'ces-name-mismatch.txt', code: 'ADCS_TLS_NAME', options: { webCertificate: 'wrong-name' }, curl: 60 },
  {
    file: 'ces-not-yet-valid.txt',
    code: 'ADCS_TLS_NOT_YET_VALID',
    options: { webCertificate: 'not-yet-valid', host: 'lab-dc-iis.michamen.com' },
    curl: 60,
  },
  {
    file: 'ces-name-unresolvable.txt',
    code: 'ADCS_NAME_UNKNOWN',
    options: { host: 'lab-dcc.michamen.com' },
    environment: {
      connect: given =>
        connect({
          ...given,
          lookup: (name, _, done) => done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), ''),
        }),
    },
    curl: 6,
  },
  {
    file: 'ces-login-timeout.txt',
    code: 'ADCS_LOGIN_TIMEOUT',
    options: { fault: ['login=slow:1'] },
    isLate: true,
    curl: 28,
  },
  {
    file: 'ces-chain-timeout.txt',
    code: 'ADCS_ANSWER_TIMEOUT',
    options: { fault: ['certnew.p7b=slow:1'] },
    isLate: true,
    curl: 28,
  },
]

for (const { file, code, options, environment, isLate, curl } of failures)
  t.test(`${file}: the lines of the product, and ${code}`, async t => {
    const { client, lines, onLine } = await michamen(t, options, environment, isLate && late())
    await t.rejects(client.caChain({ onLine }), {
      code,
      curl: { number: curl },
      message: new RegExp(`\\[.+\\]; .+ \\(${code}\\)$`),
    })
    const sameTime = (line: string | undefined) => line?.replace('10001 milliseconds', '10000 milliseconds')
    const wanted = expected(file).map(sameTime)
    const failed = told(lines).filter(line => !line.startsWith('[info]'))
    // The document leaves the last line out once.
    t.strictSame(failed.slice(0, wanted.length), wanted)
    t.match(failed.at(-1), 'ra_certsrv_ca_plugin_postconf: Unable to retrieve CA Cert chain from CA')
  })

t.test('a self-signed certificate is refused where it is trusted, too: curl would take it, the product does not', async t => {
  const now = () => new Date()
  const webCertificate = await makeWebCertificate('self-signed', { authority, host: 'localhost', now })
  const simulator = await AdcsSimulator.start({ users: {}, authority, webCertificate, options: { listen: '127.0.0.1:0' } })
  t.teardown(() => simulator[Symbol.asyncDispose]())
  const client = new AdcsClient({
    trusted: pemToDer(webCertificate.certificatePem),
    options: { server: `localhost:${simulator.address.port}` },
  })
  await t.rejects(client.caChain(), {
    code: 'ADCS_TLS_SELF_SIGNED',
    curl: { ces: { number: 60, words: 'SSL certificate problem: unable to get local issuer certificate' } },
  })
})

t.test('an intermediate certificate that nobody has is a missing issuer; one that the client has is none', async t => {
  const below = await CertificationAuthority.create({
    name: 'TEST-LAB-CA',
    keySpec: { type: 'ec', curve: 'secp256r1' },
    subordinate: true,
    issuedDays: 30,
    now: () => new Date(),
  })
  const simulator = await AdcsSimulator.start({
    users: { u: 'p' },
    authority: below,
    options: { listen: '127.0.0.1:0', webCertificate: 'leaf-only' },
  })
  t.teardown(() => simulator[Symbol.asyncDispose]())
  const clientWith = (trusted: readonly Buffer[]) =>
    new AdcsClient({ trusted, options: { server: `localhost:${simulator.address.port}`, user: 'u', password: 'p' } })
  await t.rejects(clientWith(below.roots).caChain(), {
    code: 'ADCS_TLS_UNKNOWN_ISSUER',
    cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    curl: { number: 60, words: 'SSL certificate problem: unable to get local issuer certificate' },
  })
  t.equal((await clientWith([...below.roots, ...below.intermediates]).caChain()).length, 2, 'CA and root')
})

t.test('an expired certificate says so', async t => {
  const { client } = await michamen(t, { webCertificate: 'expired' })
  await t.rejects(client.caChain(), {
    code: 'ADCS_TLS_EXPIRED',
    curl: { words: 'SSL certificate problem: certificate has expired' },
  })
})
