import { setTimeout as wait } from 'node:timers/promises'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { StartTimer } from './deadline.ts'
import type { MakeKey } from './device.ts'
import type { TlsProfile } from './tls-profile.ts'

/** Where one session goes. `localAddress`: the source address, where the machine has several. */
export type Target = { readonly host: string; readonly port: number; readonly localAddress?: string }

/** Opens a TLS connection and returns at once; errors come as events. */
export type Connect = (target: Target & { tls: TlsProfile }) => TLSSocket

/** Something that happened to a phone; never a secret. */
export type LogEntry = {
  /** Milliseconds since 1970. */
  at: number
  level: 'debug' | 'info' | 'warn'
  deviceName: string
  text: string
}

/** What a phone takes from the world around it, so that a test or a lab can give it another one. */
export type Environment = {
  makeKey: MakeKey
  tls: TlsProfile
  /** DER of the CAPF certificates that the phone was told to trust [CAPF-1.1]. */
  trusted: readonly Buffer[]
  /** Milliseconds since 1970, with fractions, never backwards. */
  now: () => number
  /** Resolves after that many milliseconds, or rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>
  /** In [0, 1). */
  random: () => number
  startTimer: StartTimer
  connect: Connect
  log: ((entry: LogEntry) => void) | undefined
}

const monotonicNow = () => performance.timeOrigin + performance.now()

const waitFor: Environment['delay'] = (ms, signal) => wait(ms, undefined, signal ? { signal } : {})

const connectTls: Connect = ({ host, port, localAddress, tls }) =>
  tlsConnect({
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    secureContext: tls.secureContext,
    // Neither chain nor name is asked about: the session compares the whole certificate with those that the phone was told to
    // trust, before it sends anything [CAPF-1.1].
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  })

/** The real world for everything that is not given. */
export const environmentOf = (
  given: Partial<Omit<Environment, 'makeKey' | 'tls' | 'trusted'>> & Pick<Environment, 'makeKey' | 'tls' | 'trusted'>,
): Environment => ({
  makeKey: given.makeKey,
  tls: given.tls,
  trusted: given.trusted,
  now: given.now ?? monotonicNow,
  delay: given.delay ?? waitFor,
  random: given.random ?? Math.random,
  startTimer: given.startTimer ?? setTimeout,
  connect: given.connect ?? connectTls,
  log: given.log,
})
