import type { CertificateAndKey } from '@capfkit/pki'
import { ServerError } from '../errors.ts'
import type { ServerOptions } from '../options.ts'
import { localCa } from '../servable.ts'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import { directIssuer } from './embedded-ca.ts'
import type { OnlineCa } from './enrol.ts'
import type { IssueError } from './issue-error.ts'
import type { Issue, Issuer } from './issuer.ts'
import { OfflineCaIssuer } from './offline-ca.ts'
import { OnlineCaIssuer } from './online-ca.ts'
import { RequestBuilder } from './request-builder.ts'

export type IssuerNeeds = {
  options: ServerOptions
  requests: RequestStore
  /** The CAPF certificate of this moment. */
  certificate: () => CertificateAndKey
  ca: CertificateAndKey | undefined
  /** Instead of all that the options say. */
  issue: Issue | undefined
  onlineCa: OnlineCa | undefined
  lscCas: readonly Buffer[]
  now: () => Date
  trace: Trace | undefined
  onError: (error: unknown) => void
  onDenied: (deviceName: string, denial: IssueError) => void
  onCaCertificates: (certificatesDer: readonly Buffer[]) => void
  pollMs: number | undefined
}

const builderOf =
  ({ certificate, options }: IssuerNeeds) =>
  () =>
    new RequestBuilder(certificate(), options)

/** One row for each value of `--issuer`. */
const ISSUERS: { readonly [I in ServerOptions['issuer']]: (needs: IssuerNeeds) => Issuer } = {
  local: ({ ca, certificate, options, now }) => directIssuer(localCa(ca ?? certificate(), { ...options, now })),
  online: needs => {
    const { onlineCa } = needs
    if (!onlineCa) throw new ServerError('SERVER_ISSUER_UNAVAILABLE', '--issuer online')
    return new OnlineCaIssuer({ ...needs, ca: onlineCa, builder: builderOf(needs) })
  },
  offline: needs => new OfflineCaIssuer({ ...needs, builder: builderOf(needs), caCertificates: needs.lscCas }),
}

/** @throws {ServerError} `SERVER_CERTIFICATE_INVALID`, `SERVER_ISSUER_UNAVAILABLE`, `CA_NAME_RESERVED`, `CA_CERTIFICATE_INVALID`. */
export const createIssuer = (needs: IssuerNeeds): Issuer =>
  needs.issue ? directIssuer(needs.issue) : ISSUERS[needs.options.issuer](needs)
