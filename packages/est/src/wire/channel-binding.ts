import type { TLSSocket } from 'node:tls'

/**
 * What ties a request to the TLS connection that it is sent over (RFC 7030 §3.5): base64 of the bytes, in challengePassword.
 * TLS 1.3 has no tls-unique; that the exporter (RFC 9266) takes its place is *ours*, and never the default [EST-4.3].
 */
export const CHANNEL_BINDINGS = ['tls-unique', 'tls-exporter'] as const

export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number]

const EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
const EXPORTER_BYTES = 32

/** Whose Finished came first: in a full handshake that of the client (RFC 5929 §3.1). */
const firstFinished = (socket: TLSSocket, side: 'client' | 'server'): Buffer | undefined => {
  // A resumed session begins with the server's Finished, and binds to less than a whole handshake.
  if (socket.getProtocol() !== 'TLSv1.2' || socket.isSessionReused()) return undefined
  return side === 'client' ? socket.getFinished() : socket.getPeerFinished()
}

/** The text for challengePassword, without any line end; `undefined` where this connection has no such binding. */
export const channelBindingOf = (
  socket: TLSSocket,
  { binding, side }: { binding: ChannelBinding; side: 'client' | 'server' },
): string | undefined => {
  const bytes =
    binding === 'tls-unique'
      ? firstFinished(socket, side)
      : socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0))
  return bytes?.toString('base64')
}
