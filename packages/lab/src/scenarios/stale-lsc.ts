import { setTimeout as delay } from 'node:timers/promises'
import { formatName, parseCertificate } from '@capfkit/pki'
import type { Scenario } from '../scenario.ts'
import type { Stage } from './stage/stage.ts'

/** Ten seconds pass in two. */
const RATE = 5
const CAPF_TIMEOUT_MS = 10_000
const LOOK_AGAIN_MS = 25
const PATIENCE = 100

/** As `utils capf stale-lsc list` has it; its form is not public, this one is ours. */
const listStale = async ({ store, papers }: Stage): Promise<void> => {
  let text = 'admin:utils capf stale-lsc list\n'
  for await (const { deviceName, certificateDer } of store.requests.list({ states: ['stale'] })) {
    const { serialNumber, issuer, notAfter } = parseCertificate(certificateDer!)
    text += `${deviceName} serial ${serialNumber.toString('hex')} until ${notAfter.toISOString()} issuer ${formatName(issuer)}\n`
  }
  papers.set('stale_lsc.txt', text)
}

const staleCount = ({ store }: Stage) => store.requests.count({ states: ['stale'] })

export const staleLsc: Scenario = {
  name: 'stale-lsc',
  broken: 'the CA answers so late that the phone has come again with another key, and got a certificate for that one',
  stage: { online: { capfTimeoutMs: CAPF_TIMEOUT_MS, raTimeoutMs: 60_000 }, clockRate: RATE },
  cause: async stage => {
    const { party } = stage.online.adcs
    const second = Promise.withResolvers<void>()
    stage.online.waitFor = second.promise
    party.setFault('certfnsh', { kind: 'slow', delayMs: CAPF_TIMEOUT_MS })
    await stage.enrol(stage.newPhone())
    party.setFault('certfnsh')
    await stage.bootUntilWell()
    // Only now the CA answers the first request.
    second.resolve()
    for (let time = 0; time < PATIENCE && (await staleCount(stage)) === 0; time++) await delay(LOOK_AGAIN_MS)
    await listStale(stage)
  },
  shows: {
    trace: ['Enrollment rv = 35 (EST_ERR_SSL_READ)', 'Online Cert Signing successful'],
    papers: ['SEP020000000001 serial'],
    statuses: 3,
  },
  cured: 'the stale LSC is revoked at the CA and deleted here',
  cure: async stage => {
    for await (const { id } of stage.store.requests.list({ states: ['stale'] })) await stage.store.requests.remove(id)
    await listStale(stage)
  },
  after: { statuses: 3, lacks: { papers: ['SEP020000000001'] } },
}
