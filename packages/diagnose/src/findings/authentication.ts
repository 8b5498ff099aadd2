import type { FindingRow } from './row.ts'
import { CAPF_TRACE_OF_SESSION, PHONE_CONSOLE, TRUSTED_CERTIFICATES } from './to-collect.ts'

const DEVICE_ROW =
  '`run sql select name,tkcertificatestatus,tkcertificateoperation,tkauthenticationmode from device where name=…` on the publisher'
const CERTIFICATES = `LSC and MIC of the phone (certificate operation Troubleshoot), and ${TRUSTED_CERTIFICATES}`

/** Who the phone is, and its keys. */
export const AUTHENTICATION_FINDINGS = {
  'wrong-auth-string': {
    severity: 'error',
    explanation:
      'the string that was typed at the phone is not the one of the order; ten wrong ones lock the phone out for ten minutes',
    cure: 'read the string of the phone page to whoever types it, or generate a new one; after ten attempts wait ten minutes',
    collectNext: [DEVICE_ROW, CAPF_TRACE_OF_SESSION],
  },
  'invalid-lsc': {
    severity: 'error',
    explanation: 'the LSC that the phone shows is not trusted, is past its date, was revoked, or is of another device',
    cure: 'install a new LSC by null string or authentication string; see that the CA of the old one is in CAPF-trust if it should still count',
    collectNext: [CERTIFICATES, CAPF_TRACE_OF_SESSION],
  },
  'invalid-mic': {
    severity: 'error',
    explanation: 'the MIC that the phone shows is not trusted, is past its date, or is of another device',
    cure: 'upload the manufacturing CA as CAPF-trust and restart CAPF, or use null string or authentication string',
    collectNext: [CERTIFICATES, CAPF_TRACE_OF_SESSION],
  },
  'invalid-credentials': {
    severity: 'error',
    explanation: 'the signature of the phone does not fit the certificate that it shows: it may not have the key',
    cure: 'delete the LSC and install a new one by null string; if it comes again on one phone only, replace the phone',
    collectNext: [CERTIFICATES, CAPF_TRACE_OF_SESSION],
  },
  'phone-lost': {
    severity: 'error',
    explanation: 'the phone was gone in the middle of a session: reset, power or network',
    cure: 'wait: the phone comes again by itself; if it does not, reset it',
    collectNext: [`the status messages and ${PHONE_CONSOLE}`, CAPF_TRACE_OF_SESSION, 'the log of its switch port'],
  },
  'key-generation-timeout': {
    severity: 'error',
    explanation: 'the phone took longer for its key than it is allowed',
    cure: 'raise Maximum Allowable Time for Key Generation (CAPF service parameters), or order a smaller key; old phones need half an hour for 2048 bits',
    collectNext: ['the model of the phone', CAPF_TRACE_OF_SESSION],
  },
  'wrong-key': {
    severity: 'error',
    explanation: 'the phone came with a key of another type or size than it was asked for',
    cure: 'order a key that this model can make (Key Order, RSA Key Size, EC Key Size), and look for a firmware update',
    collectNext: [DEVICE_ROW, 'the model and firmware of the phone', CAPF_TRACE_OF_SESSION],
  },
  'ec-only-on-v2': {
    severity: 'error',
    explanation: 'Key Order is EC Only, and the phone speaks a version of CAPF without EC keys',
    cure: 'set Key Order to EC Preferred, RSA Backup, or to RSA Only',
    collectNext: [DEVICE_ROW, 'the model of the phone'],
  },
  'store-refused': {
    severity: 'error',
    explanation: 'the phone got its certificate and would not store it; the order stays',
    cure: 'look at date and time of the phone and at the CA that signed, then reset the phone so that it tries again',
    collectNext: [PHONE_CONSOLE, CAPF_TRACE_OF_SESSION],
  },
  'delete-fails': {
    severity: 'error',
    explanation: 'the LSC could not be deleted; the status of the device says at which point it failed',
    cure: 'cure what the status names (string, certificate, time), then order Delete again',
    collectNext: [DEVICE_ROW, CAPF_TRACE_OF_SESSION],
  },
  'troubleshoot-fails': {
    severity: 'error',
    explanation: 'the certificates of the phone could not be fetched; the status of the device says at which point it failed',
    cure: 'cure what the status names (string, certificate, time), then order Troubleshoot again',
    collectNext: [DEVICE_ROW, CAPF_TRACE_OF_SESSION],
  },
} as const satisfies Record<string, FindingRow>
