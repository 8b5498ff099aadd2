import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { BootError } from './boot/errors.ts'
import type { StartTimer } from './deadline.ts'
import { Limits } from './files/limits.ts'
import type { ConsoleLog } from './screen/console-lines.ts'

/**
 * Finds the IPv4 address of a name, as phones do. An address is never asked for.
 *
 * @param signal  aborted when nobody wants the answer any more; what rejects then is up to the resolver.
 * @throws anything, when the name has no address.
 */
export type Resolve = (name: string, signal: AbortSignal | undefined) => Promise<string>

/** The resolver of this machine, its hosts file first. */
export const resolveBySystem: Resolve = async name => (await lookup(name, { family: 4 })).address

export type LookUpNeeds = {
  readonly resolve: Resolve
  readonly startTimer: StartTimer
  readonly console: ConsoleLog
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** The address of a host, as the console has it. @throws {BootError} `BOOT_NAME_UNKNOWN`, `BOOT_ABORTED` */
export const lookUp = async (host: string, { resolve, startTimer, console, timeoutMs, signal }: LookUpNeeds): Promise<string> => {
  if (isIP(host) !== 0) return host
  console.write('DNS_QUERY', { host })
  let stop = (_: BootError): void => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = reject
  })
  const limits = new Limits({ startTimer, signal, where: host, stop })
  try {
    limits.within(timeoutMs, 'BOOT_NAME_UNKNOWN')
    const address = await Promise.race([resolve(host, signal), stopped])
    if (isIP(address) === 0) throw new Error('what the resolver gave is no address')
    console.write('DNS_REPLY', { host, address })
    return address
  } catch (cause) {
    if (signal?.aborted) throw new BootError('BOOT_ABORTED', { where: host })
    console.write('DNS_NXDOMAIN', { host })
    console.write('DNS_UNKNOWN', { host })
    if (cause instanceof BootError) throw cause
    throw new BootError('BOOT_NAME_UNKNOWN', { where: host, cause })
  } finally {
    limits.clear()
  }
}
