/**
 * How base64 is laid out. No layout suits everybody: strongSwan reads one line only, a libest client reads `cacerts` only when
 * there are line ends, and a libest server wants them in a request [EST-2.1].
 */
export const BASE64_LAYOUTS = { oneLine: undefined, lines64: 64 } as const satisfies Record<string, number | undefined>

export type Base64Layout = keyof typeof BASE64_LAYOUTS

/** RFC 4648 §4 text, with a line feed after each 64 columns and at the end, or none at all. */
export const encodeBase64 = (bytes: Buffer, layout: Base64Layout): string => {
  const text = bytes.toString('base64')
  const columns = BASE64_LAYOUTS[layout]
  return columns === undefined ? text : text.replace(new RegExp(`.{1,${columns}}`, 'g'), '$&\n')
}

const ARMOUR = /-----(?:BEGIN|END) [A-Z0-9 ]{1,64}-----/g
const WHITE_SPACE = /[\r\n\t ]+/g
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** A SEQUENCE whose length takes a byte of its own cannot be mistaken for base64, where no byte is above 127. */
const isDer = (bytes: Buffer) => bytes[0] === 0x30 && bytes[1] !== undefined && bytes[1] > 0x80

/**
 * The bytes of a body: base64 in any layout (RFC 8951 §3.1), with the lines of PEM around it, without its padding, or no base64
 * at all but DER. `undefined` when it is none of these.
 */
export const decodeBase64 = (body: Buffer): Buffer | undefined => {
  if (isDer(body)) return body
  const text = body.toString('latin1').replace(ARMOUR, '').replace(WHITE_SPACE, '')
  if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) return undefined
  return Buffer.from(text, 'base64')
}
