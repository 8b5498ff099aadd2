import { readFile } from 'node:fs/promises'

/** Ports that the kernel gives to connections that name none, and how many of them it keeps back. */
export type SourcePorts = { first: number; last: number; reserved: number }

/** What Linux says in `/proc`. Every question is answered with `undefined` where there is no such file. */
export type LinuxFacts = {
  sourcePorts(): Promise<SourcePorts | undefined>
  /** Connections of this machine that are over and keep their ports for a minute. */
  timeWait(): Promise<number | undefined>
  /** The longest queue of connections that wait to be accepted (`net.core.somaxconn`). */
  acceptQueue(): Promise<number | undefined>
  /** Connections that the firewall keeps track of; `most` is infinite where it does not. */
  trackedConnections(): Promise<{ now: number; most: number } | undefined>
  /** What the kernel believes of its random numbers, bits. */
  entropyBits(): Promise<number | undefined>
}

/** The text of a file; `undefined` when it is not there. */
export type ReadText = (path: string) => Promise<string | undefined>

const readText: ReadText = path => readFile(path, 'utf8').catch(() => undefined)

const numbersIn = (text: string | undefined): number[] => (text?.match(/\d+/g) ?? []).map(Number)

/** `40000,50000-50009` are eleven ports; those outside the range keep nothing back. */
const reservedIn = (text: string | undefined, { first, last }: { first: number; last: number }): number => {
  let reserved = 0
  for (const part of text?.trim().split(',') ?? []) {
    const [from, to = from] = numbersIn(part)
    if (from === undefined || to === undefined) continue
    reserved += Math.max(0, Math.min(to, last) - Math.max(from, first) + 1)
  }
  return reserved
}

/** Reads the facts of Linux; a test reads those of other machines. */
export const linuxFacts = (read: ReadText): LinuxFacts => {
  const number = async (path: string) => numbersIn(await read(path))[0]
  return {
    sourcePorts: async () => {
      const [first, last] = numbersIn(await read('/proc/sys/net/ipv4/ip_local_port_range'))
      if (first === undefined || last === undefined) return undefined
      return { first, last, reserved: reservedIn(await read('/proc/sys/net/ipv4/ip_local_reserved_ports'), { first, last }) }
    },
    timeWait: async () => {
      const now = /^TCP:.*\btw (\d+)/m.exec((await read('/proc/net/sockstat')) ?? '')?.[1]
      return now === undefined ? undefined : Number(now)
    },
    acceptQueue: () => number('/proc/sys/net/core/somaxconn'),
    trackedConnections: async () => {
      const most = await number('/proc/sys/net/netfilter/nf_conntrack_max')
      const now = await number('/proc/sys/net/netfilter/nf_conntrack_count')
      if (most !== undefined && now !== undefined) return { now, most }
      // A Linux without these files has no firewall that counts.
      return (await read('/proc/sys/kernel/ostype')) === undefined ? undefined : { now: 0, most: Number.POSITIVE_INFINITY }
    },
    entropyBits: () => number('/proc/sys/kernel/random/entropy_avail'),
  }
}

export const LINUX_FACTS: LinuxFacts = linuxFacts(readText)
