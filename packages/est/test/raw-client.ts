import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Address } from '@capfkit/listen'
import type { Test } from 'tap'

/** A TLS connection over which a test sends every byte itself. */
export const rawClient = async (t: Test, address: Address): Promise<TLSSocket> => {
  const socket = connect({ ...address, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

export type RawAnswer = { readonly status: number; readonly head: string; readonly body: string }

/** What a connection answers first; `status` 0 when it ended instead. */
export const answerOf = (socket: TLSSocket): Promise<RawAnswer> =>
  new Promise(resolve => {
    let text = ''
    const look = (isOver: boolean) => {
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      if (!isOver && (end < 0 || text.length < end + 4 + length)) return
      socket.off('data', more)
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
      resolve({ status, head: text.slice(0, Math.max(end, 0)), body: text.slice(end + 4) })
    }
    const more = (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
      look(false)
    }
    socket.on('data', more)
    socket.once('close', () => look(true))
  })

/** Sends bytes on a connection of their own and takes the first answer. */
export const rawRequest = async (t: Test, { address, bytes }: { address: Address; bytes: string | Buffer }): Promise<RawAnswer> => {
  const socket = await rawClient(t, address)
  const answer = answerOf(socket)
  socket.write(bytes)
  return answer
}
