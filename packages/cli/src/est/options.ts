import { flag, type OptionsOf, optionalText } from '@capfkit/codec/options'
import { EST_CLIENT_OPTIONS, EstClient, type EstClientInit, trustAnchors } from '@capfkit/est'
import { ADDRESS, parseAddress } from '@capfkit/listen'
import { type CertificateAndKey, readCertificateAndKey } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import { JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'

/** For every command that speaks EST. */
export const CONNECTION_OPTIONS = {
  server: optionalText({ ...ADDRESS, doc: 'The EST server or registration authority. Required.' }),
  label: optionalText({ doc: 'Which CA to ask for, where the server has several.' }),
  ca: optionalText({ doc: 'PEM or DER file with the CA certificates that the server is known by.' }),
  fingerprint: optionalText({
    pattern: /^[0-9A-Fa-f: ]{64,95}$/,
    range: 'a SHA-256 fingerprint in hexadecimal',
    doc: 'In the place of --ca: SHA-256 of the CA certificate, which is then asked for.',
  }),
  systemRoots: flag({ default: false, doc: 'In the place of --ca: the roots of this system, and the name of the server.' }),
  user: optionalText({ doc: 'Who logs in, where the server asks.' }),
  password: optionalText({ doc: 'Password of the user.', secret: true }),
  certificate: optionalText({ doc: 'PEM file with a client certificate for TLS.' }),
  key: optionalText({ doc: 'PEM file with the key of --certificate. Without it, the certificate file holds both.' }),
  ...EST_CLIENT_OPTIONS,
  ...JSON_OPTION,
} as const

export type ConnectionOptions = OptionsOf<typeof CONNECTION_OPTIONS>

const TRUST_FLAGS = ['--ca FILE', '--fingerprint SHA256', '--system-roots'] as const

const mistakesIn = ({ ca, fingerprint, systemRoots, user, password, certificate, key }: ConnectionOptions): string[] => {
  const given = [ca, fingerprint, systemRoots || undefined].filter(value => value !== undefined)
  return [
    ...(given.length === 1 ? [] : [`give one of ${TRUST_FLAGS.join(', ')}: what the server is known by (CLI_USAGE)`]),
    ...((user === undefined) === (password === undefined) ? [] : ['give --user and --password-file, or neither (CLI_USAGE)']),
    ...(key !== undefined && certificate === undefined ? ['--key is given without --certificate (CLI_USAGE)'] : []),
  ]
}

/** A client by the options; with a fingerprint the CA is learnt first. @throws {MistakesError} {CliError} {EstError} */
export const clientOf = async (
  options: ConnectionOptions,
  { signal, credential }: { signal: AbortSignal; credential?: CertificateAndKey },
): Promise<EstClient> => {
  const { server } = required(options, { server: '--server HOST:PORT' })
  const mistakes = mistakesIn(options)
  if (mistakes.length > 0) throw new MistakesError(mistakes)
  const { label, ca, fingerprint, user, password = '', certificate: file, key } = options
  const certificate = credential ?? (file === undefined ? undefined : readCertificateAndKey(file, key))
  const init: Omit<EstClientInit, 'trust'> = {
    server: parseAddress(server),
    options: ownOptions(EST_CLIENT_OPTIONS, options),
    ...(label === undefined ? {} : { label }),
    ...(user === undefined ? {} : { credentials: { user, password } }),
    ...(certificate ? { certificate } : {}),
  }
  if (fingerprint !== undefined) return EstClient.bootstrap(init, { fingerprint, signal })
  return new EstClient({ ...init, trust: ca === undefined ? { kind: 'system' } : trustAnchors(await certificatesIn(ca)) })
}
