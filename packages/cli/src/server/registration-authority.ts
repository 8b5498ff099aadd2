import type { Credentials, EstClient } from '@capfkit/est'
import { askOverEst, serverEstClient } from '@capfkit/lab/online-ca'
import { type Address, parseAddress } from '@capfkit/listen'
import { readCertificateAndKey } from '@capfkit/pki'
import type { OnlineCa, ServerOptions } from '@capfkit/server'
import { certificatesIn } from '../certificate-files.ts'
import { MistakesError } from '../errors.ts'
import type { StartOptions } from './options.ts'

/** All that a worker needs to reach the registration authority, as plain data: it crosses to another process, secrets included. */
export type RaWiring = {
  readonly server: Address
  readonly label: string | undefined
  /** DER; without them the roots of this system. */
  readonly anchors: readonly Buffer[] | undefined
  readonly credentials: Credentials | undefined
  /** PEM file with certificate and key. */
  readonly certificateFile: string | undefined
  /** What the RA said its CA certificates are, DER. */
  readonly caCertificates: readonly Buffer[]
}

const RA_FLAGS = {
  raLabel: '--ra-label',
  raTrust: '--ra-trust',
  raUser: '--ra-user',
  raPassword: '--ra-password',
  raCertificate: '--ra-certificate',
} as const

const mistakesIn = (options: StartOptions): string[] => {
  const { issuer, ra, raUser, raPassword } = options
  if (issuer === 'online' && ra === undefined) return ['--issuer online needs --ra HOST:PORT (CLI_USAGE)']
  if (issuer !== 'online' && ra !== undefined) return ['--ra is given without --issuer online (CLI_USAGE)']
  const needless = Object.entries(RA_FLAGS).filter(([name]) => options[name as keyof typeof RA_FLAGS] !== undefined)
  if (ra === undefined) return needless.map(([, flag]) => `${flag} is given without --ra (CLI_USAGE)`)
  const isHalf = (raUser === undefined) !== (raPassword === undefined)
  return isHalf ? ['give --ra-user and --ra-password, or neither (CLI_USAGE)'] : []
}

/**
 * The registration authority of the options; `undefined` where none is asked for. It is not spoken to.
 *
 * @throws {MistakesError}; {CliError} and {PkiError} for its files.
 */
export const raWiring = async (options: StartOptions): Promise<RaWiring | undefined> => {
  const mistakes = mistakesIn(options)
  if (mistakes.length > 0) throw new MistakesError(mistakes)
  const { ra, raLabel, raTrust, raUser, raPassword, raCertificate } = options
  if (ra === undefined) return undefined
  if (raCertificate !== undefined) readCertificateAndKey(raCertificate)
  return {
    server: parseAddress(ra),
    label: raLabel,
    anchors: raTrust === undefined ? undefined : await certificatesIn(raTrust),
    credentials: raUser === undefined ? undefined : { user: raUser, password: raPassword ?? '' },
    certificateFile: raCertificate,
    caCertificates: [],
  }
}

/** The EST client for this wiring. */
export const raClient = (wiring: RaWiring, options: ServerOptions): EstClient => {
  const { server, label, anchors, credentials, certificateFile } = wiring
  return serverEstClient(
    {
      server,
      trust: anchors ? { kind: 'anchors', anchors } : { kind: 'system' },
      ...(label === undefined ? {} : { label }),
      ...(credentials ? { credentials } : {}),
      ...(certificateFile === undefined ? {} : { certificate: readCertificateAndKey(certificateFile) }),
    },
    options,
  )
}

/** The Online CA that a server asks, over this wiring. */
export const onlineCaOf = (wiring: RaWiring, options: ServerOptions): OnlineCa => {
  const { server, label = 'default', caCertificates } = wiring
  return { ...askOverEst(raClient(wiring, options)), caCertificates, ...server, template: label }
}
