import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { type Socket, connect as tcpConnect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { KeySpec } from '@capfkit/pki'
import type { StartTimer } from './deadline.ts'
import type { MakeKey } from './device.ts'
import { connectOverLink, type Network } from './network/connect.ts'
import type { Resolve } from './resolver.ts'
import type { ConsoleLine } from './screen/console-lines.ts'
import type { StatusMessage } from './screen/status-messages.ts'
import { TLS_CLIENT, type TlsProfile } from './tls-profile.ts'

/** Where one session goes. `localAddress`: the source address, where the machine has several. */
export type Target = { readonly host: string; readonly port: number; readonly localAddress?: string }

/** Opens a TLS connection and returns at once; errors come as events. `onLoss`: a network of flaws took something away. */
export type Connect = (target: Target & { tls: TlsProfile; onLoss?: () => void }) => TLSSocket

/** Opens a TCP connection and returns at once; errors come as events. */
export type ConnectTcp = (target: Target) => Socket

/**
 * Whether the phone trusts a server that shows this certificate [CAPF-1.1]. A plain answer costs a session nothing; a promise
 * is waited for before anything is sent.
 *
 * @param signal  aborted when the session ended meanwhile.
 */
export type TrustCheck = (certificateDer: Buffer, signal: AbortSignal) => boolean | Promise<boolean>

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
  /** DER of the CAPF certificates that the phone was told to trust [CAPF-1.1], or who decides. */
  trusted: readonly Buffer[] | TrustCheck
  /** Milliseconds since 1970, with fractions, never backwards. */
  now: () => number
  /** Resolves after that many milliseconds, or rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>
  /** In [0, 1). */
  random: () => number
  /** How long key generation takes at least, ms; without it what options and model say. */
  keyGenerationMs: ((spec: KeySpec) => number) | undefined
  startTimer: StartTimer
  connect: Connect
  connectTcp: ConnectTcp
  /** What lies between the phone and the servers that it speaks TLS with; without it nothing but the real network does. */
  network: Network | undefined
  createUdpSocket: () => UdpSocket
  /** Asked for every name before anything connects to it; without it the names of CAPF servers are left to `connect`. */
  resolve: Resolve | undefined
  /** Hears every line of the status page, and of the console [BOOT-7]. */
  onStatus: ((message: StatusMessage) => void) | undefined
  onConsole: ((line: ConsoleLine) => void) | undefined
  log: ((entry: LogEntry) => void) | undefined
  /** Hears every write of either side of a CAPF session, TLS taken off. The authentication string is in one of them. */
  onBytes: ((from: 'server' | 'client', bytes: Buffer) => void) | undefined
}

const monotonicNow = () => performance.timeOrigin + performance.now()

const waitFor: Environment['delay'] = (ms, signal) => wait(ms, undefined, signal ? { signal } : {})

const connectTls: Connect = ({ host, port, localAddress, tls }) =>
  tlsConnect({
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    secureContext: tls.secureContext,
    ...TLS_CLIENT,
  })

const connectByTcp: ConnectTcp = ({ host, port, localAddress }) =>
  tcpConnect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })

/** The real world for everything that is not given. */
export const environmentOf = (
  given: Partial<Omit<Environment, 'makeKey' | 'tls' | 'trusted'>> & Pick<Environment, 'makeKey' | 'tls' | 'trusted'>,
): Environment => {
  const { now = monotonicNow, startTimer = setTimeout, connectTcp = connectByTcp, network } = given
  const overNetwork = network && connectOverLink(network, { now, startTimer, connectTcp })
  return {
    makeKey: given.makeKey,
    tls: given.tls,
    trusted: given.trusted,
    now,
    delay: given.delay ?? waitFor,
    random: given.random ?? Math.random,
    keyGenerationMs: given.keyGenerationMs,
    startTimer,
    connect: given.connect ?? overNetwork ?? connectTls,
    connectTcp,
    network,
    createUdpSocket: given.createUdpSocket ?? (() => createSocket('udp4')),
    resolve: given.resolve,
    onStatus: given.onStatus,
    onConsole: given.onConsole,
    log: given.log,
    onBytes: given.onBytes,
  }
}
