import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Scenario } from '../scenario.ts'

/** How long CAPF waits for a client that says nothing. */
const REPLY_TIMEOUT_MS = 1_500
const BYSTANDERS = 3

const connectSilently = async (port: number): Promise<TLSSocket> => {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  // It is cut when its time is up.
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return socket
}

export const capfHang: Scenario = {
  name: 'capf-hang',
  broken: 'a client connects and says nothing; other servers stand still then, this one goes on with the others and gives it up',
  stage: { capf: { options: { replyTimeoutMs: REPLY_TIMEOUT_MS } } },
  cause: async stage => {
    const socket = await connectSilently(stage.capf.port)
    const cut = once(socket, 'close')
    for (let index = 0; index < BYSTANDERS; index++) await stage.enrol(stage.newPhone())
    socket.resume()
    await cut
  },
  shows: {
    trace: ['CAPF_EV_TIMEOUT in State: CAPF_STATE_AWAIT_AUTH_RESP'],
    // Nothing has happened to the others.
    statuses: 3,
  },
  cured: 'the silent client is gone',
  cure: async stage => {
    await stage.enrol(stage.newPhone())
  },
  after: { statuses: 3, lacks: { trace: ['CAPF_EV_TIMEOUT'] } },
}
