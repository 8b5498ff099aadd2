/** Results of the CA that this simulator gives: number, symbol and English words of the Windows headers. */
export const HRESULTS = {
  ok: { code: '0x0', decimal: 'WIN32: 0', words: 'The operation completed successfully.' },
  badRequest: { code: '0x8009310b', decimal: 'ASN: 267', words: 'ASN1 bad tag value met.' },
  badSignature: { code: '0x80090006', decimal: '-2146893818 NTE_BAD_SIGNATURE', words: 'Invalid Signature.' },
  badKey: { code: '0x80090003', decimal: '-2146893821 NTE_BAD_KEY', words: 'Bad Key.' },
  badSubject: {
    code: '0x80094001',
    decimal: '-2146877439 CERTSRV_E_BAD_REQUESTSUBJECT',
    words: 'The request subject name is invalid or too long.',
  },
  noTemplate: {
    code: '0x80094801',
    decimal: '-2146875391 CERTSRV_E_NO_CERT_TYPE',
    words: 'The request contains no certificate template information.',
  },
  unknownTemplate: {
    code: '0x80094800',
    decimal: '-2146875392 CERTSRV_E_UNSUPPORTED_CERT_TYPE',
    words: 'The requested certificate template is not supported by this CA.',
  },
  keyLength: {
    code: '0x80094811',
    decimal: '-2146875375 CERTSRV_E_KEY_LENGTH',
    words: 'The public key does not meet the minimum size required by the specified certificate template.',
  },
  templateDenied: {
    code: '0x80094012',
    decimal: '-2146877422 CERTSRV_E_TEMPLATE_DENIED',
    words: 'The permissions on the certificate template do not allow the current user to enroll for this type of certificate.',
  },
  adminDenied: {
    code: '0x80094014',
    decimal: '-2146877420 CERTSRV_E_ADMIN_DENIED_REQUEST',
    words: 'The request was denied by a certificate manager or CA administrator.',
  },
  propertyEmpty: {
    code: '0x80094004',
    decimal: '-2146877436 CERTSRV_E_PROPERTY_EMPTY',
    words: 'The requested property value is empty.',
  },
  queueFull: {
    code: '0x800705aa',
    decimal: 'WIN32: 1450',
    words: 'Insufficient system resources exist to complete the requested service.',
  },
  noRpc: { code: '0x800706ba', decimal: 'WIN32: 1722', words: 'The RPC server is unavailable.' },
} as const

export type HresultName = keyof typeof HRESULTS

/** `Invalid Signature. 0x80090006 (-2146893818 NTE_BAD_SIGNATURE)` */
export const formatHresult = (name: HresultName): string => {
  const { words, code, decimal } = HRESULTS[name]
  return `${words} ${code} (${decimal})`
}
