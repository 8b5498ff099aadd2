import { type AddressInfo, createServer } from 'node:net'
import type { Address } from './address.ts'
import { bind } from './bind.ts'
import { ListenError } from './errors.ts'

/**
 * Is there nobody on this address? A listener that shares its port does not notice another one that does, too; this one shares
 * it with nobody. Whatever else is wrong with the address, who listens there in earnest finds out.
 *
 * @throws {ListenError} `LISTEN_PORT_IN_USE`
 */
export const mustBeFree = async ({ host, port }: Address): Promise<void> => {
  if (port === 0) return
  const probe = createServer()
  try {
    await bind(probe, { host, port, exclusive: true })
  } catch (error) {
    if (error instanceof ListenError && error.code === 'LISTEN_PORT_IN_USE') throw error
    return
  }
  await new Promise(resolve => probe.close(resolve))
}

/**
 * A port at which nobody listens at this moment, for a program that has to be given one. Whoever can listen on port 0 does that
 * instead: between this answer and its use somebody else may come.
 */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  const probe = createServer()
  await bind(probe, { host, port: 0, exclusive: true })
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}
