export { PACKET_ERRORS, PacketError, type PacketErrorCode, TFTP_ERROR_CODES } from './errors.ts'
export { MODES, type Mode, type RawOptions } from './fields.ts'
export { fromNetascii, toNetascii } from './netascii.ts'
export {
  DEFAULT_BLOCK_BYTES,
  readTransferOptions,
  TRANSFER_OPTIONS,
  type TransferOptions,
  writeTransferOptions,
} from './options.ts'
export {
  formatPacket,
  MAX_REQUEST_BYTES,
  type Packet,
  type PacketName,
  type PacketOf,
  parsePacket,
  TFTP_PACKETS,
} from './packets.ts'
