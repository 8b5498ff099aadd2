import { connect } from 'node:tls'
import t from 'tap'
import { ADCS_CAUSES, type AdcsCause, AdcsError, type CesLine, FAULT_STEPS, type FaultStep, refusalOf } from '../src/adcs/index.ts'
import { csrDer, lab, timeoutAt } from './adcs-lab.ts'

/** No name is known: what a resolver says of one that does not exist. */
const nameless: typeof connect = (...args: readonly unknown[]) => {
  const [options] = args as [object]
  const unknown = (name: string) => Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
  return connect({
    ...options,
    lookup: (name: string, _: unknown, done: (error: Error, address: string) => void) => done(unknown(name), ''),
  })
}

for (const [name, cause] of Object.entries<AdcsCause>(ADCS_CAUSES))
  t.test(`${name}: ${cause.code}`, async t => {
    const { simulator = {}, client = {}, template = 'CiscoRA', code } = cause
    const [step] = simulator.fault?.[0]?.split('=') ?? []
    const { onRequest, startTimer } = timeoutAt(() => FAULT_STEPS[step as FaultStep])
    const options = { ...simulator, caKey: 'ec:p256', renewals: simulator.caName ? 1 : 0 }
    const { clientWith } = await lab(t, { onRequest, options })
    const ra = clientWith(client, { startTimer, ...(client.server === undefined ? {} : { connect: nameless }) })
    const lines: CesLine[] = []
    const call = { onLine: (line: CesLine) => lines.push(line) }
    /** What a registration authority does: the chain when it starts, then a request. */
    const error = await ra
      .caChain(call)
      .then(() => ra.enrol(csrDer, { template, ...call }))
      .then(outcome => (outcome.status === 'issued' ? outcome.unfit : refusalOf(outcome)))
      .catch((error: unknown) => error)
    if (!(error instanceof AdcsError)) throw error
    t.equal(error.code, code)
    t.match(error.message, new RegExp(`; .+ \\(${code}\\)$`), 'what, what to do, and the code')
    t.equal(error.curl === undefined, !lines.some(({ text }) => text.includes('return code')), 'what curl says is in the log')
  })

t.test('no two of them are known by one code', async t => {
  const codes = Object.values<AdcsCause>(ADCS_CAUSES).map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
})
