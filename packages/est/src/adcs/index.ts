export { CES_LINES, type CesLevel, type CesLine, type CesLineName, cesLine } from './ces-lines.ts'
export {
  AdcsClient,
  type AdcsClientInit,
  type AdcsOutcome,
  type CallOptions,
  type EnrolOptions,
  refusalOf,
} from './client/adcs-client.ts'
export { ADCS_CLIENT_OPTIONS, type AdcsClientOptions } from './client/options.ts'
export { CURL_FAILURES, type CurlFailure } from './curl-failures.ts'
export { ADCS_ERRORS, AdcsError, type AdcsErrorCode } from './errors.ts'
export { type AdcsReport, AdcsSimulator, type AdcsSimulatorInit } from './simulator/adcs-simulator.ts'
export { CertificationAuthority } from './simulator/authority.ts'
export { FAULT_STEPS, FAULTS, type Fault, type FaultStep, parseFault } from './simulator/faults.ts'
export { IIS_FIELDS, iisLogFile, iisLogHeader } from './simulator/iis-log.ts'
export { IIS_STATUSES } from './simulator/iis-statuses.ts'
export { ADCS_OPTIONS, type AdcsOptions } from './simulator/options.ts'
export type { AdcsRequest } from './simulator/requests.ts'
export { type AdcsTemplate, POLICIES, parseTemplate } from './simulator/templates.ts'
export { makeWebCertificate, WEB_CERTIFICATES, type WebCertificate, type WebCertificateKind } from './simulator/web-certificate.ts'
