import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatTraceLine, parseTraceLine } from '@capfkit/codec/trace'
import t, { type Test } from 'tap'
import { type Enrol, EnrolError } from '../src/issuers/enrol.ts'
import { enrolled, onlineCa } from './ca-behind-enrol.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-online-trace-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const GAP = '[…]'
const vector = (name: string) => fileURLToPath(new URL(`../../../test-vectors/logs/capf-online-ca-${name}.txt`, import.meta.url))
const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')

/** Every line goes through the reader, and loses what may differ: its time, names and numbers. */
const bare = (line: string): string => {
  if (line === GAP) return line
  const parsed = parseTraceLine(line)
  if (!parsed) throw new Error(`not in the grammar: ${line}`)
  return formatTraceLine({ ...parsed, timeOfDayMs: 0 })
    .slice('00:00:00.000 '.length)
    .replace(/SEP[0-9A-F]{12}/g, 'DEVICE')
    .replace(/(?<=pubKey: ).*/, 'KEY')
    .replace(/(?<=addded |pkcs7 length = |cacert length : |Online CA Port : )\d+/g, 'N')
    .replace(/(?<=Finish By=)[\d:]+/, 'DATE')
    .replace(/(?<=hostname is |Template is ).*/, 'NAME')
}

/** What stands between the gaps of a published excerpt. */
const partsOf = (name: string): string[][] =>
  linesOf(vector(name))
    .map(bare)
    .join('\n')
    .split(GAP)
    .map(part => part.trim().split('\n'))

/** Where these lines begin, one directly after the other; an assertion that shows the difference when they are nowhere. */
const findIn = (t: Test, { trace, part, from }: { trace: readonly string[]; part: readonly string[]; from: number }): number => {
  const at = trace.findIndex((_, index) => index >= from && part.every((line, offset) => trace[index + offset] === line))
  if (at >= 0) return at + part.length
  const start = trace.indexOf(part[1]!, from) - 1
  t.strictSame(trace.slice(start, start + part.length), part)
  return from
}

const DEVICE = { name: 'SEP74A02FC0A675', authMode: 'string', authString: '123456', completesBy: '2027:01:20:12:00' } as const

const traceOf = async (t: Test, { enrol, reason = 7 }: { enrol: Enrol; reason?: number }): Promise<string[]> => {
  const trace = join(folder, `${t.name.replaceAll(' ', '-')}.txt`)
  const server = await serve(t, { options: { issuer: 'online', caTimeoutMs: 60, trace }, onlineCa: onlineCa(enrol) })
  const name = await server.device({ ...DEVICE, authMode: 'null' })
  t.equal(await server.session(name, signing().answers), reason)
  await server.server.close(0)
  return linesOf(trace).map(bare)
}

t.test('an enrolment', async t => {
  const trace = join(folder, 'enrolment.txt')
  const store = { change: async (_: string) => {} }
  const enrol: Enrol = async request => {
    // In the published session the mode of the device changes meanwhile.
    await store.change(request.deviceName)
    return enrolled(request)
  }
  const server = await serve(t, { options: { issuer: 'online', trace }, onlineCa: onlineCa(enrol) })
  store.change = async name => void (await server.store.change(name, { authMode: 'null' }))
  const phone = await server.phone()
  await phone.greet(await server.device(DEVICE), { password: '123456' })
  const { answers } = signing()
  phone.say(answers.KEY_GENERATE_REQUEST())
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say(answers.SIGN_CERTIFICATE_REQUEST(await phone.expect('SIGN_CERTIFICATE_REQUEST')))
  await phone.expect('STORE_CERTIFICATE_REQUEST')
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  t.equal(await phone.reason(), 1)
  await server.server.close(0)

  const lines = linesOf(trace).map(bare)
  let from = 0
  for (const part of partsOf('enrolment')) from = findIn(t, { trace: lines, part, from })
  t.equal(lines.length, from + 1, 'nothing but the last arrow after the last published line')
})

t.test('a CA that does not answer', async t => {
  const trace = await traceOf(t, { enrol: () => new Promise(() => {}) })
  const [part = []] = partsOf('timeout')
  t.equal(findIn(t, { trace, part, from: 0 }) > part.length, true)
  t.ok(trace.includes('| debug 2:DEVICE:CAPF CORE: Rcvd Event: CAPF_EV_CA_CERT_REJECT in State: CAPF_STATE_AWAIT_CA_CERT_RESP'))
  t.ok(trace.some(line => line.endsWith('=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR')))
})

t.test('a CA that says no', async t => {
  const refusal = { failure: 'unauthorised', libest: { number: 22, name: 'EST_ERR_AUTH_FAIL' } } as const
  const trace = await traceOf(t, { enrol: () => Promise.reject(new EnrolError('HTTP 401', refusal)) })
  const [timeout = []] = partsOf('timeout')
  const part = timeout.map(line =>
    line.replace('rv = 35 (EST_ERR_SSL_READ)', 'rv = 22 (EST_ERR_AUTH_FAIL)').replace(': 35', ': 22'),
  )
  t.equal(findIn(t, { trace, part, from: 0 }) > part.length, true)
  t.ok(trace.some(line => line.endsWith('=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_REJECT')))
})

/** What is not true of us: we write no such files, have no such password, and start no such service. */
const NOT_OURS = [/TAM password/, /nginx\.conf/, /Cisco RA Service Start/]

t.test('a start', async t => {
  const trace = join(folder, 'start.txt')
  const { server } = await serve(t, { options: { issuer: 'online', trace }, onlineCa: onlineCa() })
  await server.close(0)
  // The excerpt has lost some of its arrows: what is said is compared, and the arrows of the one call that has both.
  const body = (lines: string[]) => lines.filter(line => line.startsWith('| '))
  const published = linesOf(vector('start'))
    .map(bare)
    .filter(line => !NOT_OURS.some(pattern => pattern.test(line)))
  const ours = linesOf(trace).map(bare)
  t.strictSame(body(ours), body(published))
  const call = (lines: string[]) => lines.slice(lines.indexOf('|-->CServiceParameters::OnlineCAInit()'))
  t.strictSame(call(ours).slice(0, 6), call(published).slice(0, 6))
})
