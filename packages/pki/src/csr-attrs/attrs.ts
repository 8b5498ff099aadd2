import { type CsrAttribute, encodeAttribute, readAttribute } from '../csr-attributes.ts'
import { oid, sequence, TAG } from '../der.ts'
import { DerReader } from '../der-reader.ts'
import { PkiError } from '../errors.ts'

/**
 * What an EST server asks requests to have (RFC 7030 §4.5.2): bare object identifiers, and attributes with values. The order
 * among each kind is kept; that between the two means nothing.
 */
export type CsrAttrs = { readonly oids: readonly string[]; readonly attributes: readonly CsrAttribute[] }

/** More than any server asks for. */
const MAX_BYTES = 0x1_0000

/** CsrAttrs, DER: SEQUENCE OF AttrOrOID. */
export const formatCsrAttrs = ({ oids, attributes }: CsrAttrs): Buffer =>
  sequence(...oids.map(oid), ...attributes.map(encodeAttribute))

/**
 * Reads CsrAttrs, DER; what the attributes mean is for `requestWishes`.
 *
 * @throws {PkiError} `PKI_BAD_CSR_ATTRS`: malformed, something else than object identifiers and attributes, more than 64 KiB.
 */
export const parseCsrAttrs = (der: Buffer): CsrAttrs =>
  readingAttrs(`CSR attributes of ${der.length} bytes`, () => {
    if (der.length > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`)
    const outer = new DerReader(der, 'CSR attributes')
    const list = outer.enter(TAG.sequence)
    outer.finish()
    const oids: string[] = []
    const attributes: CsrAttribute[] = []
    while (!list.done) {
      if (list.peek() === TAG.oid) oids.push(list.oid())
      else attributes.push(readAttribute(list))
    }
    return { oids, attributes }
  })

/** Whatever goes wrong inside is wrong with the CSR attributes. */
export const readingAttrs = <T>(where: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof PkiError && cause.code === 'PKI_BAD_CSR_ATTRS') throw cause
    throw new PkiError('PKI_BAD_CSR_ATTRS', { where, cause })
  }
}
