export type RandomBytes = (size: number) => Buffer

/** 16 random bytes, positive and without a leading zero, so that every certificate of an issuer has the same length. */
export const randomSerialNumber = (randomBytes: RandomBytes): Buffer => {
  const serial = Buffer.from(randomBytes(16))
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}
