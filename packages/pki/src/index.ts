export { type SignatureVerdict, signAuthentication, signSudi, verifyAuthentication, verifySudi } from './auth-signature.ts'
export { type Authority, type CapfCaOptions, newCapfCa, newManufacturingCa, newServiceCertificate } from './authorities.ts'
export { type Certificate, certifiedKey, MAX_CERTIFICATE_BYTES, parseCertificate } from './certificate.ts'
export { type CertificateAndKey, certificateAndKey, readCertificateAndKey } from './certificate-and-key.ts'
export { type ChainOptions, type ChainResult, validateChain } from './chain.ts'
export { CHAIN_ERRORS, type ChainErrorCode, type ChainFailure, type Purpose } from './chain-checks.ts'
export {
  assembleCsr,
  buildCsr,
  buildCsrToBeSigned,
  type CertificateRequest,
  parseCsr,
} from './csr.ts'
export {
  CSR_ATTRIBUTE_OIDS,
  type CsrAttribute,
  challengePasswordAttribute,
  challengePasswordOf,
  requestedExtensions,
  subjectAltNameRequest,
} from './csr-attributes.ts'
export {
  type CsrAttrs,
  type CsrWishes,
  type ExtensionWish,
  formatCsrAttrs,
  type KeyWish,
  parseCsrAttrs,
  requestWishes,
  type SubjectWish,
  templateAttribute,
} from './csr-attrs/index.ts'
export { certificateNamesDevice, deviceNameOf } from './device-name.ts'
export { PKI_ERRORS, PkiError, type PkiErrorCode } from './errors.ts'
export { EXTENDED_KEY_USAGES, type Extensions, KEY_USAGES, type KeyUsage, type SubjectAltName } from './extensions.ts'
export { generateKeyPool, type KeyPoolOptions } from './generate-key-pool.ts'
export { CertificateIssuer, type IssuedCertificate, type IssueRequest, type IssuerOptions } from './issue.ts'
export { KeyPool, openKeyPool, PooledKeyPair } from './key-pool.ts'
export { POOL_VERSION } from './key-pool-format.ts'
export { CURVES, type Curve, formatKeySpec, type KeySpec, keySpecs, parseKeySpec, RSA_BITS, sameKeySpec } from './key-spec.ts'
export { generateKeyPair, type KeyPair, privateKeyPem, publicKeyDerOf, readPrivateKey } from './keys.ts'
export { makeFolder } from './make-folder.ts'
export { commonName, type DistinguishedName, decodeName, encodeName, formatName, type NameAttribute, parseName } from './name.ts'
export { certificatesFromFile, derToPem, pemToDer } from './pem.ts'
export { buildCertsOnly, parseCertsOnly } from './pkcs7.ts'
export { makePrivateFile, writePrivateFile } from './private-file.ts'
export { PROFILES, type Profile, type ProfileName } from './profiles.ts'
export { type PublicKey, publicKeySpec, readPublicKey } from './public-key.ts'
export { createSelfSigned, type SelfSignedOptions } from './self-signed.ts'
export type { RandomBytes } from './serial-number.ts'
export { serverEndPoint } from './server-end-point.ts'
export type { Digest } from './signature-algorithm.ts'
export { buildSignedData, openSignedData } from './signed-data.ts'
export { lscSubject, micSubject } from './subjects.ts'
export * from './trust-list/index.ts'
export { TrustStore } from './trust-store.ts'
