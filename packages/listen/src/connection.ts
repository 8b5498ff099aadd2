import type { Socket } from 'node:net'

/** The near end of one connection, for whatever speaks over it. */
export type Connection = {
  readonly remoteAddress: string
  /** Send bytes in one write. While the peer does not take them, nothing more is read from it. */
  write(bytes: Buffer): void
  /** Send the last bytes, if any, and close. False when the connection was gone already. */
  end(bytes?: Buffer): boolean
}

/** How long a peer may keep its side of a connection open after the end, whatever it sends. */
const CLOSE_MS = 2_000

export const connectionOf = (socket: Socket): Connection => ({
  remoteAddress: socket.remoteAddress ?? 'unknown',
  write: bytes => {
    if (socket.write(bytes) || socket.isPaused()) return
    // Small questions with large answers, asked by somebody who reads none of them, must not fill the memory.
    socket.pause()
    socket.once('drain', () => socket.resume())
  },
  end: bytes => {
    const { writable } = socket
    if (socket.destroyed) return false
    if (bytes) socket.end(bytes)
    else socket.end()
    // The end of the peer is not noticed without a reader.
    socket.resume()
    const cut = setTimeout(() => socket.destroy(), CLOSE_MS)
    socket.once('close', () => clearTimeout(cut))
    return writable
  },
})
