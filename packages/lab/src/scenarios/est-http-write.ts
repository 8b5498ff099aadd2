import { once } from 'node:events'
import { type AddressInfo, createServer, connect as tcpConnect } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Scenario } from '../scenario.ts'
import type { Stage } from './stage/stage.ts'

/**
 * In the place of the registration authority: it says its part of the TLS handshake and resets the connection, so that the
 * client, who then is secured, cannot write.
 */
const startHasty = async ({ certificates: { ra }, online }: Stage): Promise<AsyncDisposable> => {
  const honest = createTlsServer({ cert: ra.certificatePem, key: ra.keyPem, minVersion: 'TLSv1.3' })
  honest.on('tlsClientError', () => {})
  honest.listen(0, '127.0.0.1')
  await once(honest, 'listening')
  const { port } = honest.address() as AddressInfo
  const hasty = createServer(client => {
    const upstream = tcpConnect(port, '127.0.0.1')
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.once('data', hello => upstream.write(hello))
    upstream.once('data', flight => {
      upstream.destroy()
      client.write(flight, () => client.resetAndDestroy())
    })
  })
  hasty.listen(online.ra.port, '127.0.0.1')
  await once(hasty, 'listening')
  return {
    [Symbol.asyncDispose]: async () => {
      for (const server of [hasty, honest]) {
        server.close()
        await once(server, 'close')
      }
    },
  }
}

export const estHttpWrite: Scenario = {
  name: 'est-http-write',
  broken: 'the registration authority closes each connection before it has read the request',
  stage: { online: {} },
  cause: async stage => {
    await stage.online.ra.stop()
    await using _hasty = await startHasty(stage)
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['Enrollment rv = 10 (EST_ERR_HTTP_WRITE)', '=>DbStatus=CERT_STATUS_UPGRADE_FAIL_CA_COMM_ERROR'],
    statuses: 15,
  },
  cured: 'the service is restarted',
  cure: async stage => {
    await stage.online.ra.start()
    await stage.bootAll()
  },
}
