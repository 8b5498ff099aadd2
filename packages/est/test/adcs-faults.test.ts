import t from 'tap'
import { AdcsError, FAULT_STEPS, type FAULTS, parseFault, parseTemplate } from '../src/adcs/index.ts'
import { csrDer, lab, timeoutAt } from './adcs-lab.ts'

/** What each fault is to a client, at the login and behind it. */
const SEEN_AS: Readonly<Record<keyof typeof FAULTS, readonly [atLogin: string, behind: string]>> = {
  silent: ['ADCS_LOGIN_TIMEOUT', 'ADCS_ANSWER_TIMEOUT'],
  slow: ['ADCS_LOGIN_TIMEOUT', 'ADCS_ANSWER_TIMEOUT'],
  reset: ['ADCS_CONNECTION_LOST', 'ADCS_CONNECTION_LOST'],
  close: ['ADCS_CONNECTION_LOST', 'ADCS_CONNECTION_LOST'],
  cut: ['ADCS_CONNECTION_LOST', 'ADCS_CONNECTION_LOST'],
  endless: ['ADCS_ANSWER_TOO_LARGE', 'ADCS_ANSWER_TOO_LARGE'],
  'wrong-page': ['ADCS_LOGIN_LOST', 'ADCS_PAGE_UNKNOWN'],
  'server-error': ['ADCS_HTTP_STATUS', 'ADCS_HTTP_STATUS'],
  forbidden: ['ADCS_FORBIDDEN', 'ADCS_FORBIDDEN'],
  'no-rpc': ['ADCS_LOGIN_LOST', 'ADCS_REQUEST_FAILED'],
}

t.test('every fault has its code, and none outlives its setting', async t => {
  let silent: string | undefined
  const { onRequest, startTimer } = timeoutAt(() => silent)
  const { clientWith, simulator, iisLines } = await lab(t, { onRequest })
  const client = clientWith({}, { startTimer })
  const enrol = () =>
    client.enrol(csrDer, { template: 'CiscoRA' }).then(
      ({ status }) => (status === 'issued' ? 'done' : status),
      (error: unknown) => (error instanceof AdcsError ? error.code : String(error)),
    )
  for (const [kind, [atLogin, behind]] of Object.entries(SEEN_AS) as [keyof typeof FAULTS, [string, string]][]) {
    const fault = { kind, ...(kind === 'slow' ? { delayMs: 60_000 } : {}) }
    for (const [step, code] of [
      ['login', atLogin],
      ['certfnsh', behind],
    ] as const) {
      silent = kind === 'silent' || kind === 'slow' ? FAULT_STEPS[step] : undefined
      simulator.setFault(step, fault)
      t.equal(await enrol(), code, `${step}: ${kind}`)
      simulator.setFault(step)
    }
  }
  t.equal(await enrol(), 'done')
  t.ok(
    iisLines.some(line => / 200 0 64 \d+$/.test(line)),
    'IIS logs a client that did not wait',
  )
  simulator.setFault('certrqxt', { kind: 'wrong-page' })
  t.equal(await enrol(), 'done', 'a page without a list of templates is that of a standalone CA')
  simulator.setFault('certnew.p7b', { kind: 'no-rpc' })
  await t.rejects(client.caChain(), { code: 'ADCS_NO_CERTIFICATE' })
})

t.test('templates and faults as they are written', async t => {
  t.strictSame(parseTemplate('CiscoRA'), { name: 'CiscoRA', policy: 'issue' })
  t.strictSame(parseTemplate('A=pend/min:4096/usage:unfit/delay:20/display:Ä b'), {
    name: 'A',
    policy: 'pend',
    minBits: 4096,
    usage: 'unfit',
    delayMs: 20,
    displayName: 'Ä b',
  })
  for (const text of [
    '',
    '=issue',
    'A=',
    'A=maybe',
    'A=issue/min:x',
    'A=issue/min:99999',
    'A=issue/usage:no',
    'A=issue/what:1',
    'a\nb',
    'A=issue/toString:1',
    'A=toString',
  ])
    t.throws(() => parseTemplate(text), { code: 'ADCS_TEMPLATE_SYNTAX' }, JSON.stringify(text))
  t.strictSame(parseFault('certfnsh=slow:2000'), { certfnsh: { kind: 'slow', delayMs: 2000 } })
  t.strictSame(parseFault('certnew.cer=silent'), { 'certnew.cer': { kind: 'silent' } })
  for (const text of [
    '',
    'certfnsh',
    'certfnsh=',
    'nothing=silent',
    'certfnsh=nothing',
    'certfnsh=slow',
    'certfnsh=silent:5',
    'toString=silent',
  ])
    t.throws(() => parseFault(text), { code: 'ADCS_FAULT_SYNTAX' }, text)
  t.ok(Object.keys(FAULT_STEPS).length > 5)
})
