import { OffsetError } from '../errors/index.ts'

/** Every way in which bytes can fail to be a TFTP packet, or a packet to become bytes. Codes are stable; the sentences may improve. */
export const PACKET_ERRORS = {
  TFTP_TRUNCATED: 'the packet ends inside a field',
  TFTP_TRAILING_BYTES: 'bytes follow the end of the packet',
  TFTP_UNKNOWN_OPCODE: 'no TFTP packet has this opcode',
  TFTP_REQUEST_TOO_LONG: 'a request is longer than the 512 bytes of RFC 2347',
  TFTP_BAD_TEXT: 'the text is not UTF-8, or has a NUL inside',
  TFTP_BAD_MODE: 'the mode is neither octet nor netascii nor mail',
  TFTP_DUPLICATE_OPTION: 'the option stands twice',
  TFTP_BAD_VALUE: 'the value does not fit the field',
} as const

export type PacketErrorCode = keyof typeof PACKET_ERRORS

/** `offset` counts bytes from the start of the packet; `where` names packet and field, e.g. `RRQ.mode`. */
export class PacketError extends OffsetError<PacketErrorCode> {
  override readonly name = 'PacketError'

  constructor(code: PacketErrorCode, place: { offset: number; where: string }, options?: ErrorOptions) {
    super(code, { ...place, what: PACKET_ERRORS[code] }, options)
  }
}

/** What the `errorCode` of an ERROR packet means: RFC 1350 section 5, 8 from RFC 2347. */
export const TFTP_ERROR_CODES = {
  undefined: { number: 0, text: 'Not defined' },
  fileNotFound: { number: 1, text: 'File not found' },
  accessViolation: { number: 2, text: 'Access violation' },
  diskFull: { number: 3, text: 'Disk full or allocation exceeded' },
  illegalOperation: { number: 4, text: 'Illegal TFTP operation' },
  unknownTransferId: { number: 5, text: 'Unknown transfer ID' },
  fileExists: { number: 6, text: 'File already exists' },
  noSuchUser: { number: 7, text: 'No such user' },
  optionRefused: { number: 8, text: 'Option refused' },
} as const
