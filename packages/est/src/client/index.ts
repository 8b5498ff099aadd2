export { type CsrSource, signedCsr } from './csr-source.ts'
export {
  type AskOptions,
  type Enrolled,
  type EnrolOptions,
  EstClient,
  type EstClientInit,
  type ServerMadeKey,
} from './est-client.ts'
export { EST_CLIENT_OPTIONS, type EstClientOptions } from './options.ts'
export type { AllowRedirect, Target } from './redirect.ts'
export { type ServerTrust, trustAnchors } from './server-trust.ts'
