import { setTimeout as delay } from 'node:timers/promises'
import type { Scenario } from '../scenario.ts'

const LOOK_AGAIN_MS = 50
const PATIENCE = 100

export const caPending: Scenario = {
  name: 'ca-pending',
  broken: 'the template waits for an officer',
  stage: { online: { template: 'CiscoRA=pend' } },
  cause: stage => stage.enrol(stage.newPhone()),
  shows: {
    errorLog: ['"POST /.well-known/est/simpleenroll HTTP/1.1" 202'],
    iis: ['POST /certsrv/certfnsh.asp'],
    trace: ['Enrollment rv = 26 (EST_ERR_CA_ENROLL_RETRY)'],
    statuses: 16,
  },
  cured: 'the officer issues the certificate; CAPF asks for it again, and the phone gets it when it comes next',
  cure: async stage => {
    const { party } = stage.online.adcs
    for (const { id } of party.pending) await party.approve(id)
    // The CA is asked again when it said so.
    stage.clock.turn(3_600_000)
    for (let time = 0; time < PATIENCE && (await stage.store.requests.count({ states: ['issued'] })) === 0; time++)
      await delay(LOOK_AGAIN_MS)
    await stage.bootAll()
  },
}
