import { createRequire } from 'node:module'
import type forge from 'node-forge'

/** A node of an ASN.1 tree. */
export type Asn1Node = {
  /** The identifier octet without the bit that says constructed. */
  readonly tag: number
  readonly children: readonly Asn1Node[]
  /** The node again, DER. */
  encode(): Buffer
}

/** What is used of node-forge; its types know only an older form of the second argument. */
type Asn1 = Pick<typeof forge.asn1, 'toDer'> & { fromDer(bytes: string, options: object): forge.asn1.Asn1 }

/** One file of node-forge, and only when it is needed: all of it would cost every process 20 ms and 6 MB at the start. */
const loadAsn1 = (): Asn1 => createRequire(import.meta.url)('node-forge/lib/asn1.js')

/**
 * Reads BER, indefinite lengths included: the only door to node-forge. All whose exact bytes were signed, and the certificates
 * of EC keys, which node-forge cannot read, go through `DerReader` instead.
 *
 * @throws whatever node-forge throws: the caller says what it was reading.
 */
export const readBer = (bytes: Buffer): Asn1Node => {
  const asn1 = loadAsn1()
  const wrap = (node: forge.asn1.Asn1): Asn1Node => ({
    tag: node.tagClass | node.type,
    children: Array.isArray(node.value) ? node.value.map(wrap) : [],
    encode: () => Buffer.from(asn1.toDer(node).getBytes(), 'latin1'),
  })
  return wrap(asn1.fromDer(bytes.toString('latin1'), { strict: true, parseAllBytes: true, decodeBitStrings: false }))
}
