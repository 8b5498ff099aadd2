import { type AdcsRequest, type AdcsSimulator, FAULT_STEPS, parseFault } from '@capfkit/est/adcs'
import type { FurtherActions } from '../service/admin-door.ts'

const NUMBER = /^\d{1,9}$/

const requestOf = (query: URLSearchParams): number => {
  const text = query.get('request') ?? ''
  if (!NUMBER.test(text)) throw new Error('name a request: ?request=NUMBER')
  return Number(text)
}

const view = ({ id, userName, template, subject, submittedAt }: AdcsRequest) => ({ id, userName, template, subject, submittedAt })

/** What an officer of the CA, or somebody who breaks it, does through the admin door. */
export const officerActions = (simulator: AdcsSimulator, renewed: () => Promise<void>): FurtherActions => ({
  'GET /pending': () => simulator.pending.map(view),
  'POST /approve': async query => ({ done: await simulator.approve(requestOf(query)) }),
  'POST /deny': query => ({ done: simulator.deny(requestOf(query)) }),
  'POST /renew': async () => {
    await simulator.authority.renew()
    await renewed()
    return { renewals: simulator.authority.renewals }
  },
  'POST /fault': query => {
    const faults = parseFault(query.get('set') ?? '')
    for (const step of Object.keys(faults) as (keyof typeof faults)[]) simulator.setFault(step, faults[step])
    return faults
  },
  'POST /mend': () => {
    for (const step of Object.keys(FAULT_STEPS) as (keyof typeof FAULT_STEPS)[]) simulator.setFault(step)
    return {}
  },
})
