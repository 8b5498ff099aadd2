import { connect as tlsConnect } from 'node:tls'
import type { Connect } from '@capfkit/phone'
import type { Scenario } from '../scenario.ts'
import { serviceCertificate } from './stage/certificates.ts'
import type { Stage } from './stage/stage.ts'

/** It was made for five years. */
const SIX_YEARS = 2_190

/**
 * A phone whose OpenSSL checks the certificate that it has in its list, and so its dates; ours compares it, and no more. That
 * real phones check is concluded from the failure that they show.
 */
const checking =
  ({ certificates }: Stage): Connect =>
  ({ host, port }) =>
    tlsConnect({ host, port, ca: certificates.capf.certificatePem, checkServerIdentity: () => undefined })

export const capfCertificateExpired: Scenario = {
  name: 'capf-certificate-expired',
  broken: 'the CAPF certificate ended a year ago',
  cause: async stage => {
    const { keys, clock } = stage
    stage.certificates.capf = await serviceCertificate('capf', { keys, now: clock.now, daysAgo: SIX_YEARS })
    await stage.capf.restart()
    await stage.tvs.restart()
    await stage.restartTftp()
    stage.clearLogs()
    await stage.enrol(stage.newPhone({ connect: checking(stage) }))
    stage.papers.set('CAPF.pem', stage.certificates.capf.certificatePem)
  },
  shows: {
    phone: ['LSC: Connection failed'],
    trace: ['Connection refused: 127.0.0.1 tls '],
    papers: ['-----BEGIN CERTIFICATE-----'],
    statuses: 2,
  },
  cured: 'the CAPF certificate is regenerated, and CAPF, TVS and TFTP are restarted',
  cure: async stage => {
    await stage.regenerate('capf')
    await stage.capf.restart()
    await stage.tvs.restart()
    await stage.restartTftp()
    await stage.bootAll()
  },
}
