/** One stretch of a session: what runs in it, and whose turn it is while it runs. */
type PhaseRow = { readonly waitsFor: 'network' | 'server' | 'client'; readonly doc: string }

/** The phases of a session in order; a session with several operations returns to earlier ones and their times add up. */
export const PHASES = {
  dns: { waitsFor: 'network', doc: 'from the name of the server to its address; not there where it was given as numbers' },
  connect: { waitsFor: 'network', doc: 'from the first SYN until TCP is connected' },
  tls: { waitsFor: 'server', doc: 'the TLS handshake, until the server certificate is there to be compared' },
  trust: { waitsFor: 'server', doc: 'asking TVS about the server certificate, where no record stands for it [BOOT-6.3]' },
  greeting: { waitsFor: 'server', doc: 'until the server has sent AUTH_REQUEST: it speaks first [CAPF-1.2]' },
  auth: { waitsFor: 'server', doc: 'from AUTH_RESPONSE sent until the next message of the server' },
  keyGeneration: { waitsFor: 'client', doc: 'from KEY_GENERATE_REQUEST until the key pair exists [CAPF-3.3]' },
  issue: { waitsFor: 'server', doc: 'from KEY_GENERATE_RESPONSE sent until STORE_CERTIFICATE_REQUEST' },
  store: { waitsFor: 'client', doc: 'checking and keeping the certificate, until STORE_CERTIFICATE_RESPONSE is sent' },
  end: { waitsFor: 'server', doc: 'from the last answer of the phone until END_SESSION' },
} as const satisfies Record<string, PhaseRow>

export type Phase = keyof typeof PHASES
