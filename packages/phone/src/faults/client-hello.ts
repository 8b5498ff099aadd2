import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { TlsProfile } from '../tls-profile.ts'

/** The first record of a TLS handshake, as a phone with this profile sends it. */
export const clientHello = (tls: TlsProfile): Promise<Buffer> =>
  new Promise(resolve => {
    const wire = new Duplex({
      read() {},
      write(bytes: Buffer, _, written) {
        written()
        resolve(bytes)
        wire.destroy()
      },
    })
    const socket = connect({ socket: wire, secureContext: tls.secureContext })
    socket.on('error', () => {})
  })
