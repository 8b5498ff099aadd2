import { randomBytes } from 'node:crypto'
import { parseOptions } from '@capfkit/codec/options'
import { adcsAuthority, ErrorLog, type EstClient, EstServer, type LogSink, trustAnchors } from '@capfkit/est'
import { AdcsClient, AdcsSimulator } from '@capfkit/est/adcs'
import { type Address, formatAddress } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { type OnlineCa, SERVER_OPTIONS } from '@capfkit/server'
import { askOverEst, serverEstClient } from './online-ca.ts'
import type { LabOptions } from './options.ts'

/** From CAPF to the CA: an EST client, a registration authority, a client of web enrolment, and AD CS. */
export type OnlineChain = AsyncDisposable & {
  readonly onlineCa: OnlineCa
  readonly ra: EstServer
  readonly adcs: AdcsSimulator
}

export type OnlineChainInit = {
  readonly options: Pick<LabOptions, 'ra' | 'adcs' | 'template'>
  /** What the registration authority shows. */
  readonly raCertificate: CertificateAndKey
  /** The error.log of the registration authority. */
  readonly errorLog: LogSink
  readonly onIisLine?: (line: string) => void
  readonly now: () => Date
}

const RA_USER = 'capf'
const ADCS_USER = 'ciscora'
/** The name in the certificate of the web server. */
const ADCS_HOST = 'localhost'
/** Long enough for nobody to guess; nobody has to type it. */
const newPassword = () => randomBytes(18).toString('base64url')

export type AdcsPart = Pick<OnlineChainInit, 'onIisLine' | 'now'> & {
  readonly listen: string
  readonly template: string
  readonly password: string
}

/** AD CS: one template, one user, who is the registration authority. */
export const startAdcs = ({ listen, template, password, onIisLine, now }: AdcsPart): Promise<AdcsSimulator> =>
  AdcsSimulator.start({
    options: { listen, host: ADCS_HOST, template: [template], logLevel: 'silent' },
    users: { [ADCS_USER]: password },
    ...(onIisLine ? { onIisLine } : {}),
    now,
  })

export type RaPart = Pick<OnlineChainInit, 'errorLog' | 'now'> & {
  readonly listen: string
  readonly certificate: CertificateAndKey
  /** The password of CAPF. */
  readonly password: string
  /** What is behind it, and the roots that its web server is known by, DER. */
  readonly adcs: { readonly port: number; readonly roots: readonly Buffer[]; readonly template: string; readonly password: string }
}

/** The registration authority of the product: Basic, no client certificates, no proof of possession. */
export const startRa = ({ listen, certificate, password, adcs, errorLog, now }: RaPart): Promise<EstServer> => {
  const client = new AdcsClient({
    options: { server: formatAddress({ host: ADCS_HOST, port: adcs.port }), user: ADCS_USER, password: adcs.password },
    trusted: adcs.roots,
    date: now,
  })
  return EstServer.start({
    authority: adcsAuthority({ client, template: adcs.template, now }),
    certificate,
    users: new Map([[RA_USER, password]]),
    options: { listen, profile: 'libest', proofOfPossession: 'off', clientCertificates: 'off', logLevel: 'silent' },
    errorLog: new ErrorLog({ sink: errorLog, now }),
    now,
  })
}

/** CAPF's end of the chain; it trusts the certificate of the registration authority and nothing else. */
export const newEstClient = (ra: {
  readonly address: Address
  readonly certificateDer: Buffer
  readonly password: string
}): EstClient =>
  serverEstClient(
    {
      server: ra.address,
      trust: trustAnchors([ra.certificateDer]),
      credentials: { user: RA_USER, password: ra.password },
      options: { userAgent: 'Cisco EST client 1.0' },
    },
    parseOptions(SERVER_OPTIONS),
  )

/** Start them from the CA upwards. */
export const startOnlineChain = async (init: OnlineChainInit): Promise<OnlineChain> => {
  const { options, raCertificate, errorLog, now } = init
  const { template } = options
  await using stack = new AsyncDisposableStack()
  const passwords = { ra: newPassword(), adcs: newPassword() }
  const adcs = stack.use(await startAdcs({ ...init, listen: options.adcs, template, password: passwords.adcs }))
  const { roots } = adcs.authority
  const { host, port } = adcs.address
  const ra = stack.use(
    await startRa({
      listen: options.ra,
      certificate: raCertificate,
      password: passwords.ra,
      adcs: { port, roots, template, password: passwords.adcs },
      errorLog,
      now,
    }),
  )
  const est = stack.use(newEstClient({ address: ra.address, certificateDer: raCertificate.certificateDer, password: passwords.ra }))
  const running = stack.move()
  return {
    onlineCa: { ...askOverEst(est), caCertificates: roots, host, port, template },
    ra,
    adcs,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
