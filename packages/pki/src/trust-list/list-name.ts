import { type DistinguishedName, formatName, parseName } from '../name.ts'

/** The order in which CUCM writes the attributes of a name, whatever their order in the certificate; others follow. */
const LIST_ORDER = ['CN', 'OU', 'O', 'L', 'ST', 'C']

const rank = ({ type }: DistinguishedName[number]) => {
  const at = LIST_ORDER.indexOf(type)
  return at < 0 ? LIST_ORDER.length : at
}

/** `CN=CAPF-7f0ae8d7;OU=TAC;O=Cisco Systems;L=Boxborough;ST=MA;C=US`: a name as CUCM's trust lists have it [TRUST-2]. */
export const formatListName = (name: DistinguishedName): string =>
  name
    .toSorted((a, b) => rank(a) - rank(b))
    .map(attribute => formatName([attribute]))
    .join(';')

/** The same text for names with the same attributes, whatever their order and separator; nothing for what is no name. */
export const listNameKey = (name: string): string | undefined => {
  try {
    return parseName(name)
      .map(attribute => formatName([attribute]))
      .toSorted()
      .join(';')
  } catch {
    return undefined
  }
}

/** Whether two printed names have the same attributes: tools write them with `;` or `,` and in either order. */
export const sameListName = (a: string, b: string): boolean => {
  if (a === b) return true
  const key = listNameKey(a)
  return key !== undefined && key === listNameKey(b)
}

/** A serial number in a list is the bare number: without the zero byte that keeps a DER INTEGER positive. */
export const listSerial = (content: Buffer): Buffer => (content.length > 1 && content[0] === 0 ? content.subarray(1) : content)
