import type { InputFile } from '@capfkit/diagnose'

/** Bytes under a name, in pieces of a size. */
export const bytesAs = (name: string, bytes: Buffer | string, pieceBytes = 65_536): InputFile => ({
  name,
  async *chunks() {
    const all = Buffer.from(bytes)
    for (let at = 0; at < all.length; at += pieceBytes) yield all.subarray(at, at + pieceBytes)
  },
})
