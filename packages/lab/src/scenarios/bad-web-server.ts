import type { FindingName } from '@capfkit/diagnose'
import type { WebCertificateKind } from '@capfkit/est/adcs'
import type { Scenario } from '../scenario.ts'
import type { OnlineSettings } from './stage/online-part.ts'

export type BadWebServer = {
  readonly name: FindingName
  readonly broken: string
  /** What the login says in the words of curl. */
  readonly says: string
  readonly settings?: Partial<OnlineSettings>
}

/** The registration authority does not get past the TLS handshake of the CA web server, at its start and for every phone. */
export const badWebServer = (webCertificate: WebCertificateKind, { name, broken, says, settings }: BadWebServer): Scenario => ({
  name,
  broken,
  stage: { online: { webCertificate, ...settings } },
  cause: stage => stage.enrol(stage.newPhone()),
  shows: {
    nginx: [
      `login_to_certsrv_ca: Curl call for MS CA login failed with ${says}`,
      'retrieve_cacerts: Unable to execute login to certsrv with curl',
      'ra_certsrv_ca_plugin_postconf: Unable to retrieve CA Cert chain from CA',
    ],
    errorLog: [says],
    trace: ['Online Cert Signing Failed', 'CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR'],
    phone: ['LSC: Failed'],
    statuses: 15,
  },
  cured: 'the web server gets a certificate of its CA for its name, and the services are started again',
  cure: async stage => {
    const { online } = stage
    Object.assign(online.settings, rightAgain(online.settings))
    await online.adcs.restart()
    await online.ra.restart()
    await stage.capf.restart()
    for (const phone of stage.phones) await stage.boot(phone)
  },
})

const rightAgain = ({ caHost }: OnlineSettings): Partial<OnlineSettings> => ({
  webCertificate: 'good',
  onlineCaHostname: caHost,
  trusted: ({ roots }) => roots,
})
