const [LF, CR, NUL] = [0x0a, 0x0d, 0x00]

/** Bytes of a file as they travel in netascii: LF becomes CR LF, CR becomes CR NUL (RFC 764, the NVT of RFC 1350). */
export const toNetascii = (bytes: Buffer): Buffer => {
  const extra = bytes.reduce((count, byte) => count + (byte === LF || byte === CR ? 1 : 0), 0)
  const out = Buffer.alloc(bytes.length + extra)
  let at = 0
  for (const byte of bytes) {
    out[at++] = byte === LF ? CR : byte
    if (byte === LF) out[at++] = LF
    if (byte === CR) out[at++] = NUL
  }
  return out
}

/** The way back, for whole files: a pair may lie across two blocks. A CR with something else behind it stays. */
export const fromNetascii = (bytes: Buffer): Buffer => {
  const out = Buffer.alloc(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const [byte, next] = [bytes[at]!, bytes[at + 1]]
    const isPair = byte === CR && (next === LF || next === NUL)
    out[length++] = isPair && next === LF ? LF : byte
    if (isPair) at++
  }
  return out.subarray(0, length)
}
