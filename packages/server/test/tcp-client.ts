import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A TCP connection that may never become TLS. */
export type TcpClient = { socket: Socket; closed: Promise<void> }

export const tcpClient = async (port: number): Promise<TcpClient> => {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  // Without a reader the end of the connection would not be noticed.
  socket.resume()
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  return { socket, closed }
}

export const tcpClients = (port: number, count: number): Promise<TcpClient[]> =>
  Promise.all(Array.from({ length: count }, () => tcpClient(port)))

/** The bytes with which a TLS client opens. */
export const clientHello = async (): Promise<Buffer> => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as { port: number }
  const client = connectTls({ port, host: '127.0.0.1' })
  client.on('error', () => {})
  const [socket] = (await once(listener, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  listener.close()
  return bytes
}
