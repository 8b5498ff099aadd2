/** The three rounds of RFC 1320 §3.4: order of the words, rotations, constant, function. */
const ROUNDS = [
  {
    words: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    add: 0,
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
  },
  {
    words: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    add: 0x5a827999,
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
  },
  {
    words: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    add: 0x6ed9eba1,
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
  },
] as const

const BLOCK_BYTES = 64

/** The message, one bit, zeros, and the length in bits (RFC 1320 §3.1, §3.2). */
const pad = (message: Buffer): Buffer => {
  const padded = Buffer.alloc(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  message.copy(padded)
  padded[message.length] = 0x80
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8)
  return padded
}

/**
 * MD4 (RFC 1320), 16 bytes. OpenSSL 3 has it in its legacy provider only, and NTLM makes its key from it: what protects a login
 * is HMAC-MD5 over that key, and TLS around it. For nothing else.
 */
export const md4 = (message: Buffer): Buffer => {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const padded = pad(message)
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
    for (const { words, shifts, add, mix } of ROUNDS)
      for (const [step, word] of words.entries()) {
        const sum = (a + mix(b, c, d) + padded.readInt32LE(at + word * 4) + add) | 0
        const shift = shifts[step & 3]!
        const turned = (sum << shift) | (sum >>> (32 - shift))
        ;[a, b, c, d] = [d, turned, b, c]
      }
    for (const [index, value] of [a, b, c, d].entries()) state[index] = (state[index]! + value) | 0
  }
  const digest = Buffer.alloc(16)
  for (const [index, value] of state.entries()) digest.writeInt32LE(value, index * 4)
  return digest
}
