import { createServer } from 'node:net'

/**
 * Why no connection can start from this address; `undefined` when one can. Only an address of this machine can be listened on, so nothing has to leave
 * it to find out.
 */
export const whyNotFrom = (host: string): Promise<string | undefined> =>
  new Promise(done => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    server.listen({ host, port: 0 }, () => server.close(() => done(undefined)))
  })
