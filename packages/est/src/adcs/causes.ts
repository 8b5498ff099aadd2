import type { AdcsClientOptions } from './client/options.ts'
import type { AdcsErrorCode } from './errors.ts'
import type { AdcsOptions } from './simulator/options.ts'

/** How one failure between a registration authority and its CA comes about, and by which code it is known. */
export type AdcsCause = {
  readonly code: AdcsErrorCode
  readonly what: string
  /** What the simulator must be told. */
  readonly simulator?: Partial<AdcsOptions>
  /** What the client must be told. */
  readonly client?: Partial<AdcsClientOptions>
  /** The template that is asked for, where it is not `CiscoRA`. */
  readonly template?: string
}

/**
 * The failures of an Online CA that lie between registration authority and CA, by the names under which a laboratory causes them
 * and a diagnosis explains them. The template is `CiscoRA`.
 */
export const ADCS_CAUSES = {
  'iis-chain-missing': {
    code: 'ADCS_TLS_UNKNOWN_ISSUER',
    what: 'root or intermediate of the IIS certificate is not trusted, and not sent',
    simulator: { subordinate: true, webCertificate: 'leaf-only' },
  },
  'iis-self-signed': {
    code: 'ADCS_TLS_SELF_SIGNED',
    what: 'IIS shows a self-signed certificate',
    simulator: { webCertificate: 'self-signed' },
  },
  'iis-name-mismatch': {
    code: 'ADCS_TLS_NAME',
    what: 'the IIS certificate is for another name than the configured one',
    simulator: { webCertificate: 'wrong-name' },
  },
  'online-ca-name-unresolvable': {
    code: 'ADCS_NAME_UNKNOWN',
    what: 'a typing error in the host name',
    // Reserved never to exist (RFC 6761).
    client: { server: 'lab-dcc.invalid:443' },
  },
  'iis-not-yet-valid': {
    code: 'ADCS_TLS_NOT_YET_VALID',
    what: 'clocks differ',
    simulator: { webCertificate: 'not-yet-valid' },
  },
  'iis-expired': { code: 'ADCS_TLS_EXPIRED', what: 'the IIS certificate has expired', simulator: { webCertificate: 'expired' } },
  'template-misspelt': { code: 'ADCS_TEMPLATE_UNKNOWN', what: 'the template does not exist', template: 'CiscoRa2' },
  'ca-login-rejected': { code: 'ADCS_LOGIN_REJECTED', what: 'wrong password', client: { password: 'wrong' } },
  'ca-login-timeout': { code: 'ADCS_LOGIN_TIMEOUT', what: 'no answer to the login', simulator: { fault: ['login=silent'] } },
  'ca-enrol-timeout': { code: 'ADCS_ANSWER_TIMEOUT', what: 'no answer to the request', simulator: { fault: ['certfnsh=silent'] } },
  'ca-denied': { code: 'ADCS_DENIED', what: 'policy refuses', simulator: { template: ['CiscoRA=deny'] } },
  'ca-pending': { code: 'ADCS_PENDING', what: 'the request waits for an officer', simulator: { template: ['CiscoRA=pend'] } },
  'ca-key-usage': {
    code: 'ADCS_KEY_USAGE',
    what: 'the template lacks digitalSignature and keyEncipherment',
    simulator: { template: ['CiscoRA=issue/usage:unfit'] },
  },
  'ca-cn-capf': { code: 'ADCS_CA_NAME', what: 'the common name of the CA holds CAPF-', simulator: { caName: 'CAPF-LAB' } },
} as const satisfies Record<string, AdcsCause>

export type AdcsCauseName = keyof typeof ADCS_CAUSES
