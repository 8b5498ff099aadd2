import { derToPem } from '@capfkit/pki'
import type { StoredCertificate } from './device.ts'
import type { Issued } from './issuers/issuer.ts'

/** The DER inside the BIT STRING of an RSA SubjectPublicKeyInfo is the PKCS#1 key (RFC 8017 A.1.1). */
const RSA_OID = Buffer.from('06092a864886f70d010101', 'hex')

const rsaPublicKey = (spkiDer: Buffer): Buffer | undefined => {
  const oid = spkiDer.indexOf(RSA_OID)
  if (oid < 0 || oid > 16) return undefined
  const bitString = oid + RSA_OID.length + 2
  const length = spkiDer.readUInt8(bitString + 1)
  const header = 2 + (length & 0x80 ? length & 0x7f : 0) + 1
  return spkiDer.subarray(bitString + header)
}

/** A public key as the product keeps it: PKCS#1 for RSA, SubjectPublicKeyInfo for EC [CAPF-7.3]. */
export const productKey = (spkiDer: Buffer): { keyDer: Buffer; pem: string } => {
  const rsa = rsaPublicKey(spkiDer)
  return rsa ? { keyDer: rsa, pem: derToPem(rsa, 'RSA PUBLIC KEY') } : { keyDer: spkiDer, pem: derToPem(spkiDer, 'PUBLIC KEY') }
}

/** What the device row keeps of a certificate once the phone has it. */
export const storedCertificate = (issued: Issued, publicKeyDer: Buffer): StoredCertificate => ({
  certificateDer: issued.certificateDer,
  publicKeyPem: productKey(publicKeyDer).pem,
  validUntil: issued.notAfter,
  issuerName: issued.issuerName,
  issuerValidUntil: issued.issuerNotAfter,
})
