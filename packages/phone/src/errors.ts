import { PHASES, type Phase } from './phases.ts'
import type { StatusCode } from './screen/status-messages.ts'

/** Who is to blame. `generator` is this machine: such a run says nothing about the server. */
export type FailureSide = 'server' | 'client' | 'network' | 'generator'

type PhoneErrorRow = {
  readonly sentence: string
  readonly todo: string
  /** What to do instead when it happens in this phase. */
  readonly todoIn?: { readonly [P in Phase]?: string }
  /** `phase` means: whoever the phase waits for. */
  readonly side: FailureSide | 'phase'
  /** A phone tries again, and the next server, after a failure of communication; never after a refusal. */
  readonly communication?: true
  /** What the phone's status page shows; `LSC: Failed` where nothing else is said. */
  readonly shows?: readonly StatusCode[]
}

const lost = { communication: true, shows: ['LSC_CONNECTION_FAILED'] } as const

/** Every way in which a session can fail. Codes are stable and can be searched for; the sentences may improve. */
export const PHONE_ERRORS = {
  PHONE_NO_TRUSTED_SERVER: {
    sentence: 'the phone was told to trust no CAPF server',
    todo: 'give it the CAPF certificate or a trust list that has one',
    side: 'client',
    shows: ['NO_CAPF_SERVER'],
  },
  PHONE_NO_CREDENTIAL: {
    sentence: 'the authentication mode needs something that the phone does not have',
    todo: 'give it an authentication string, an LSC or a MIC, or choose another mode',
    side: 'client',
  },
  PHONE_CREDENTIAL_UNUSABLE: {
    sentence: 'the private key of the phone cannot make the signature',
    todo: 'check that key and certificate belong together and that an RSA key has at least 1024 bits',
    side: 'client',
  },
  PHONE_BAD_ADDRESS: {
    sentence: 'host, port or local address is not one that can be used',
    todo: 'check the address of the server and the source address',
    side: 'client',
  },
  PHONE_NAME_UNKNOWN: {
    sentence: 'the name of the server has no address',
    todo: 'check DNS, or give the address as numbers',
    side: 'network',
    communication: true,
    shows: ['DNS_UNKNOWN', 'LSC_CONNECTION_FAILED'],
  },
  PHONE_NO_LOCAL_PORT: {
    sentence: 'this machine has no free source port or no such source address',
    todo: 'use more source addresses or a lower rate; the run is not valid',
    side: 'generator',
    communication: true,
  },
  PHONE_NO_RESOURCES: {
    sentence: 'this machine ran out of file handles or buffers',
    todo: 'raise `ulimit -n` or use fewer phones at once; the run is not valid',
    side: 'generator',
    communication: true,
  },
  PHONE_CONNECT_REFUSED: {
    sentence: 'nobody listens there',
    todo: 'start the CAPF server, or check port and firewall',
    side: 'server',
    ...lost,
  },
  PHONE_CONNECT_TIMEOUT: {
    sentence: 'TCP did not connect in time',
    todo: 'check route and firewall, and whether the server keeps up with accepting',
    side: 'network',
    ...lost,
  },
  PHONE_CONNECT_FAILED: { sentence: 'TCP did not connect', todo: 'check route and firewall', side: 'network', ...lost },
  PHONE_TLS_TIMEOUT: {
    sentence: 'the TLS handshake did not end in time',
    todo: 'check that this is a CAPF port and that the server is not overloaded',
    side: 'server',
    ...lost,
  },
  PHONE_TLS_FAILED: {
    sentence: 'the TLS handshake failed',
    todo: 'compare the TLS versions and ciphers of both sides; old phones need the legacy profile on both',
    side: 'server',
    ...lost,
  },
  PHONE_UNTRUSTED_SERVER: {
    sentence: 'the certificate of the server equals none that the phone trusts',
    todo: 'give the phone the present CAPF certificate, or a trust list of today: it was probably regenerated',
    side: 'server',
    ...lost,
  },
  PHONE_REPLY_TIMEOUT: {
    sentence: 'the server did not answer in time',
    todo: 'look up the device in the trace of the server at that time',
    side: 'server',
    ...lost,
  },
  PHONE_SESSION_TIMEOUT: {
    sentence: 'the whole session took too long',
    todo: 'see which phase took the time; raise sessionTimeoutMs if that is expected',
    side: 'phase',
    ...lost,
  },
  PHONE_SERVER_HUNG_UP: {
    sentence: 'the server closed the connection before END_SESSION',
    todo: 'look up the device in the trace of the server at that time',
    side: 'server',
    ...lost,
  },
  PHONE_CONNECTION_LOST: {
    sentence: 'the connection broke',
    todo: 'check whether the server process died, and the network between',
    side: 'network',
    ...lost,
  },
  PHONE_BAD_MESSAGE: {
    sentence: 'the server sent bytes that are not a CAPF message',
    todo: 'run `capf decode` over the bytes, and check that this is a CAPF port',
    side: 'server',
    ...lost,
  },
  PHONE_UNEXPECTED_MESSAGE: {
    sentence: 'the server sent a message that does not belong at this moment',
    todo: 'compare the order of messages with the protocol notes',
    side: 'server',
  },
  PHONE_SESSION_ID_CHANGED: {
    sentence: 'the server changed the session id within a session',
    todo: 'check whether the server mixed up two connections',
    side: 'server',
  },
  PHONE_TOO_MANY_OPERATIONS: {
    sentence: 'the server asked for more operations than one session has',
    todo: 'check the server for a loop',
    side: 'server',
  },
  PHONE_REFUSED: {
    sentence: 'the server refused (REASON 7)',
    todo: 'check authentication mode and string of the device, and whether its certificate was issued already; a server whose store is away says the same: see its log',
    todoIn: {
      issue: 'see in the log or the trace of the server what became of the certificate request: its CA gave no certificate',
    },
    side: 'server',
  },
  PHONE_UNKNOWN_DEVICE: {
    sentence: 'the server does not know the device (REASON 9)',
    todo: 'add the device to the server, or check its name',
    side: 'server',
  },
  PHONE_UNKNOWN_REASON: {
    sentence: 'the server ended the session with a REASON that has no known meaning',
    todo: 'look up the device in the trace of the server',
    side: 'server',
  },
  PHONE_ENDED_EARLY: {
    sentence: 'the server ended the session in the middle of an operation, without a refusal',
    todo: 'look up the device in the trace of the server',
    side: 'server',
  },
  PHONE_CERTIFICATE_LATER: {
    sentence: 'the server has taken the request and has no certificate yet (REASON 0)',
    todo: 'contact the server again when the CA has issued it: the phone keeps its key',
    side: 'server',
    shows: [],
  },
  PHONE_RETRY_LATER: {
    sentence: 'the server is overloaded or draining and asks to come back later',
    todo: 'wait; or switch honourRetryLater on',
    side: 'server',
  },
  PHONE_KEY_TYPE_UNSUPPORTED: {
    sentence: 'the server asked for a key that this phone cannot make',
    todo: 'choose RSA, or another size, for devices of this model',
    side: 'server',
  },
  PHONE_KEY_GENERATION_FAILED: { sentence: 'the key pair could not be made', todo: 'see the detail', side: 'client' },
  PHONE_WRONG_CERTIFICATE: {
    sentence: 'the certificate is not one for the key that the phone made last',
    todo: 'contact the server again, which then begins with a new key; else check whether it mixed up two devices',
    side: 'server',
  },
  PHONE_CANNOT_SIGN: {
    sentence: 'the server asked for a signature that the phone cannot make with the key just made',
    todo: 'ask for RSA and one of SHA-1, SHA-256 and SHA-512',
    side: 'server',
  },
  PHONE_NOTHING_TO_FETCH: {
    sentence: 'the server asked for a certificate that the phone does not have',
    todo: 'install one first',
    side: 'client',
  },
  PHONE_NOTHING_TO_DELETE: {
    sentence: 'the server asked to delete a certificate that the phone does not have',
    todo: 'nothing: the phone is as it was wanted',
    side: 'client',
  },
  PHONE_FAULT_IMPOSSIBLE: {
    sentence: 'the phone cannot misbehave like that in its authentication mode',
    todo: 'choose another fault, or give the phone a string or a certificate',
    side: 'client',
    shows: [],
  },
  PHONE_FAULT_ACCEPTED: {
    sentence: 'the phone misbehaved on purpose, and the server went on as if nothing had happened',
    todo: 'look at what the server did with it, and whether the device has the authentication mode of the phone there',
    side: 'server',
  },
  PHONE_FAULT_REFUSED: {
    sentence: 'the phone did something unusual on purpose that a server has to take, and the server did not',
    todo: 'look up the device in the trace of the server',
    side: 'server',
  },
  PHONE_FAULT_UNANSWERED: {
    sentence: 'the phone misbehaved on purpose, and the server neither answered nor closed the connection',
    todo: 'check the time-outs of the server, or give the fault a longer patienceMs than those',
    side: 'server',
  },
  PHONE_BUSY: {
    sentence: 'the phone is in a session already',
    todo: 'wait for it: a phone has one session at a time',
    side: 'client',
    shows: [],
  },
  PHONE_ABORTED: { sentence: 'the caller ended the session', todo: 'nothing', side: 'client', shows: [] },
  PHONE_INTERNAL: { sentence: 'a mistake in this program', todo: 'report it with the detail', side: 'client' },
} as const satisfies Record<string, PhoneErrorRow>

export type PhoneErrorCode = keyof typeof PHONE_ERRORS

export const phoneError = (code: PhoneErrorCode): PhoneErrorRow => PHONE_ERRORS[code]

/** Why a session failed; `detail` says more about this one case and holds no secrets. */
export type PhoneFailure = {
  readonly side: FailureSide
  readonly phase: Phase
  readonly code: PhoneErrorCode
  readonly detail: string
}

/** `isNetworkLoss`: a network of flaws took away what the phone waits for, so it is no failure of the server. */
export const failureOf = (what: {
  code: PhoneErrorCode
  phase: Phase
  detail?: string | undefined
  isNetworkLoss?: boolean
}): PhoneFailure => {
  const { code, phase, detail, isNetworkLoss = false } = what
  const { side: row, sentence } = phoneError(code)
  const side = row === 'phase' ? PHASES[phase].waitsFor : row
  return { side: isNetworkLoss && side === 'server' ? 'network' : side, phase, code, detail: detail ?? sentence }
}
