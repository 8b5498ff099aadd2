import type { ListenOptions, Server } from 'node:net'
import { ListenError } from './errors.ts'

/** What is listened on; `name` stands before the address in an error, e.g. `metrics on`. */
export type Binding = Pick<ListenOptions, 'backlog' | 'exclusive'> & {
  host: string
  port: number
  reusePort?: boolean
  name?: string
}

/** Storms are short: the kernel keeps what the process cannot take at once (clipped by net.core.somaxconn). */
export const BACKLOG = 4_096

/**
 * Let any TCP, TLS or HTTP server listen.
 *
 * @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED`.
 */
export const bind = async (server: Server, { name, reusePort, ...binding }: Binding): Promise<void> => {
  const failed = Promise.withResolvers<never>()
  server.once('error', failed.reject)
  try {
    const listening = new Promise<void>(resolve => server.listen({ ...binding, ...(reusePort ? { reusePort } : {}) }, resolve))
    await Promise.race([listening, failed.promise])
  } catch (cause) {
    const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const where = `${name === undefined ? '' : `${name} `}${binding.host}:${binding.port}`
    throw new ListenError(inUse ? 'LISTEN_PORT_IN_USE' : 'LISTEN_FAILED', where, { cause })
  } finally {
    server.off('error', failed.reject)
  }
}
