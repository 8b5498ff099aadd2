/** The frame around every message: `u8 0x55 | u8 command | u32 session id | u16 length | elements`, big-endian [CAPF-2]. */
export const MAGIC = 0x55
export const HEADER_BYTES = 8
/** The longest frame that the length field can express. */
export const MAX_FRAME_BYTES = HEADER_BYTES + 0xffff
export const ELEMENT_HEADER_BYTES = 3
