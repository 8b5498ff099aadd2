import { formatAddress } from '@capfkit/listen'
import { HEALTH_LIMITS } from '../health/limits.ts'
import { someOf } from '../source-addresses.ts'
import { type Check, check, count, judgeRoom } from './check.ts'
import type { SourcePorts } from './linux.ts'
import type { Question } from './question.ts'

/** Linux keeps the port of a closed connection for so long, on the side that closed first. */
const TIME_WAIT_SECONDS = 60
/** A route that takes longer belongs into no measurement of latency. */
const CONNECT_TIMEOUT_MS = 3_000
/** The longest queue that our servers ask the kernel for. */
const MOST_BACKLOG = 4_096

const portsOf = ({ first, last, reserved }: SourcePorts, { sourceAddresses }: Question) =>
  (last - first + 1 - reserved) * Math.max(1, sourceAddresses.count)

const inAddresses = ({ sourceAddresses: { count: addresses } }: Question) =>
  addresses > 1 ? ` on ${count(addresses)} addresses` : ''

const sourcePorts = check({
  doc: 'ports that connections to one server can start from',
  remedy:
    'widen it (sysctl -w net.ipv4.ip_local_port_range="1024 65535"), or let the phones connect from several addresses (--source-addresses; on loopback 127.0.0.0/16) or machines',
  beforeRun: true,
  look: machine => machine.sourcePorts(),
  judge: (range, question) => {
    const ports = portsOf(range, question)
    return {
      verdict: judgeRoom({ has: ports, needs: question.phones, limit: HEALTH_LIMITS.ports }),
      found: `${count(ports)} (${range.first}-${range.last})${inAddresses(question)}`,
      needed: `${count(question.phones)}, one for each phone`,
    }
  },
})

const timeWait = check({
  doc: 'how often ports can be used again: who closes first keeps the port for a minute',
  remedy:
    'widen net.ipv4.ip_local_port_range, use several source addresses, or wait until the connections of the last run are gone',
  look: async machine => {
    const [range, now] = [await machine.sourcePorts(), await machine.timeWait()]
    return range && now !== undefined ? { range, now } : undefined
  },
  judge: ({ range, now }, question) => {
    const ports = portsOf(range, question)
    const perSecond = Math.floor(ports / TIME_WAIT_SECONDS)
    const { rate } = question
    return {
      // A CAPF server closes first after END_SESSION, so only sessions that break off keep ports of the phones busy.
      verdict: rate > perSecond || now > ports / 2 ? 'warning' : 'ok',
      found: `${count(now)} in TIME_WAIT; ${count(perSecond)} sessions/s for ever, should every phone close first`,
      needed: rate === 0 ? 'no rate was asked for' : `${count(rate)} sessions/s`,
    }
  },
})

const sourceAddresses = check({
  doc: 'whether connections can start from the given addresses',
  beforeRun: true,
  remedy: 'name addresses of this machine (ip address), or give it those; on Linux all of 127.0.0.0/8 are its own',
  look: async (machine, { sourceAddresses }) =>
    await Promise.all(someOf(sourceAddresses).map(async address => ({ address, why: await machine.whyNotFrom(address) }))),
  judge: (addresses, { sourceAddresses }) => {
    const wrong = addresses.filter(({ why }) => why !== undefined)
    const all = addresses.length === 0 ? 'none given' : `${count(sourceAddresses.count)} usable`
    return {
      verdict: wrong.length > 0 ? 'problem' : 'ok',
      found: wrong.length > 0 ? wrong.map(({ address, why }) => `${address}: ${why}`).join(', ') : all,
    }
  },
})

const acceptQueue = check({
  doc: 'connections that may wait to be accepted by a local server; beyond it the kernel drops them for a second or three',
  remedy: `raise it: sysctl -w net.core.somaxconn=${MOST_BACKLOG}`,
  look: machine => machine.acceptQueue(),
  judge: (queue, { phones, rate, isLocal }) => {
    const needs = Math.min(rate || phones, MOST_BACKLOG)
    if (!isLocal) return { verdict: 'ok', found: count(queue), needed: 'look on the machine of the server' }
    return { verdict: queue < needs ? 'warning' : 'ok', found: count(queue), needed: `${count(needs)} in a burst` }
  },
})

const trackedConnections = check({
  doc: 'room in the connection table of the firewall (nf_conntrack)',
  remedy: 'raise net.netfilter.nf_conntrack_max, or exempt the traffic of the run from tracking',
  beforeRun: true,
  look: machine => machine.trackedConnections(),
  judge: ({ now, most }, { phones, rate }) => {
    // A connection that is over stays in the table for two minutes.
    const needs = Math.max(phones, rate * 2 * TIME_WAIT_SECONDS)
    const isTracking = Number.isFinite(most)
    return {
      verdict: judgeRoom({ has: most - now, needs }),
      found: isTracking ? `${count(most - now)} of ${count(most)} free` : 'not tracked',
      ...(isTracking ? { needed: count(needs) } : {}),
    }
  },
})

const target = check({
  doc: 'whether the server is there: its name, the route, its port',
  remedy: 'check name, route, firewall, and whether the server runs',
  look: async (machine, { target }, signal) => {
    if (!target) return { said: 'none given: a server on this machine' }
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
    try {
      const host = await Promise.race([machine.resolve(target.host), rejected(timeout)])
      const ms = await machine.connect({ ...target, host }, timeout)
      const as = host === target.host ? '' : ` (${host})`
      return { said: `${formatAddress(target)}${as} connected in ${ms.toFixed(1)} ms` }
    } catch (error) {
      signal.throwIfAborted()
      const slow = timeout.aborted ? `no answer in ${CONNECT_TIMEOUT_MS} ms` : undefined
      return { failed: `${formatAddress(target)}: ${slow ?? (error as Error).message}` }
    }
  },
  judge: ({ said, failed }, { isLocal, target }) => {
    if (failed !== undefined) return { verdict: 'problem', found: failed, needed: `TCP within ${CONNECT_TIMEOUT_MS} ms` }
    const loopback = isLocal && target ? '; loopback: no latency, no loss, shared cores' : ''
    return { verdict: 'ok', found: `${said}${loopback}` }
  },
})

const rejected = (signal: AbortSignal) =>
  new Promise<never>((_, fail) => signal.addEventListener('abort', () => fail(signal.reason), { once: true }))

/** What lies between the phones and the server. */
export const NETWORK_CHECKS = {
  sourcePorts,
  timeWait,
  sourceAddresses,
  acceptQueue,
  trackedConnections,
  target,
} as const satisfies Record<string, Check>
