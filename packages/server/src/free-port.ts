import { createServer } from 'node:net'
import { ServerError } from './errors.ts'

/**
 * Is there nobody on this address? A listener that shares its port does not notice another one that does, too; this one shares
 * it with nobody. Whatever else is wrong with the address, who listens there in earnest finds out.
 *
 * @throws {ServerError} `SERVER_PORT_IN_USE`
 */
export const mustBeFree = async ({ host, port }: { host: string; port: number }): Promise<void> => {
  if (port === 0) return
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ServerError('SERVER_PORT_IN_USE', `${host}:${port}`, { cause })
    return
  }
  await new Promise(resolve => probe.close(resolve))
}
