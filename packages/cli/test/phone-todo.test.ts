import t from 'tap'
import { bootFailureLine } from '../src/phone/boot-screen.ts'
import { failureLine } from '../src/phone/screen.ts'
import { onTerminal } from './terminal.ts'

const refused = (phase: 'auth' | 'issue') => ({ code: 'PHONE_REFUSED', phase, side: 'server', detail: 'REASON 7' }) as const

t.test('what is advised is for the phase: before the certificate its CA, not the authentication', async t => {
  t.match(
    failureLine(refused('auth')),
    /; check authentication mode and string .* whose store is away says the same: see its log \(PHONE_REFUSED\)$/,
  )
  t.match(failureLine(refused('issue')), /; see in the log or the trace of the server .* CA gave no certificate \(PHONE_REFUSED\)$/)
  const failure = { ...refused('issue'), step: 'CAPF_SESSION' } as unknown as Parameters<typeof bootFailureLine>[0]['failure']
  const capf = { failure: refused('issue') } as Parameters<typeof bootFailureLine>[0]['capf']
  t.match(bootFailureLine({ failure, capf }), /; see in the log or the trace of the server/)
  t.match(
    (await onTerminal(['errors', 'PHONE_REFUSED'])).stdout.replace(/\s+/g, ' '),
    /authentication mode .*in phase issue: see in the log/,
  )
})
