/** Every exit code of `capf` and what it means: scripts rely on the numbers. */
export const EXIT = {
  /** Everything that was asked for was done. */
  pass: 0,
  /** Operations failed (beyond the threshold), or a verification said no. */
  failed: 1,
  /** Usage or configuration: a wrong flag, a file that cannot be read, a port in use. */
  usage: 2,
  /** A threshold on latency or rate failed. */
  threshold: 3,
  /** The run is invalid: the generator itself was overloaded or out of ports. */
  invalid: 4,
  /** Stopped by a signal. */
  stopped: 5,
  /** The target could not be reached before the first success. */
  unreachable: 6,
  /** A regression against the baseline. */
  regression: 7,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** EST: the server could not be reached, or is not the one that was meant. */
const EST_UNREACHABLE = [
  ...['EST_NAME_UNRESOLVABLE', 'EST_CONNECT_REFUSED', 'EST_CONNECT_FAILED', 'EST_CONNECT_TIMEOUT', 'EST_TLS_TIMEOUT'],
  ...['EST_TLS_FAILED', 'EST_SERVER_NAME_MISMATCH', 'EST_SERVER_CHAIN_INCOMPLETE', 'EST_SERVER_ROOT_UNTRUSTED'],
  ...['EST_SERVER_SELF_SIGNED', 'EST_SERVER_NOT_YET_VALID', 'EST_SERVER_EXPIRED', 'EST_SERVER_CERTIFICATE_REFUSED'],
  ...['EST_FINGERPRINT_MISMATCH', 'EST_NO_ANSWER', 'EST_CONNECTION_LOST', 'EST_WRITE_FAILED', 'EST_READ_TIMEOUT', 'EST_NOT_HTTP'],
]
/** EST: the server answered, and there is no certificate. */
const EST_FAILED = [
  ...['EST_TRUNCATED', 'EST_TOO_LARGE', 'EST_BAD_CONTENT_TYPE', 'EST_BAD_BASE64', 'EST_BAD_ANSWER', 'EST_NO_CERTIFICATE'],
  ...['EST_WRONG_CERTIFICATE', 'EST_AUTH_FAILED', 'EST_BAD_REQUEST', 'EST_REFUSED', 'EST_NOT_FOUND', 'EST_LOCKED', 'EST_PENDING'],
  ...['EST_REQUEST_TOO_LARGE', 'EST_RATE_LIMITED', 'EST_SERVER_FAILED', 'EST_UNEXPECTED_STATUS', 'EST_REDIRECT_REFUSED'],
]
const exits = (codes: readonly string[], exit: ExitCode): Record<string, ExitCode> =>
  Object.fromEntries(codes.map(code => [code, exit]))

/** Exit codes of the errors of other packages that are not the rule for their prefix. */
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  STORE_LOCKED: EXIT.failed,
  STORE_AWAY: EXIT.unreachable,
  STORE_TIMEOUT: EXIT.failed,
  STORE_FULL: EXIT.failed,
  STORE_FAILED: EXIT.failed,
  SERVER_WORKER_FAILED: EXIT.failed,
  FLEET_CLIENT_FAILED: EXIT.invalid,
  FLEET_STOPPED_AWAY: EXIT.stopped,
  FLEET_NO_DESCRIPTORS: EXIT.invalid,
  DEVICE_EXISTS: EXIT.failed,
  PKI_POOL_WRITE: EXIT.failed,
  PKI_DECRYPT_FAILED: EXIT.failed,
  PKI_BAD_CONTENT_DIGEST: EXIT.failed,
  TVS_NAME_UNKNOWN: EXIT.unreachable,
  TVS_CONNECT_REFUSED: EXIT.unreachable,
  TVS_CONNECT_FAILED: EXIT.unreachable,
  TVS_CONNECT_TIMEOUT: EXIT.unreachable,
  TVS_TLS_FAILED: EXIT.unreachable,
  TVS_UNTRUSTED_SERVER: EXIT.unreachable,
  TVS_REPLY_TIMEOUT: EXIT.unreachable,
  TVS_HUNG_UP: EXIT.unreachable,
  TVS_BAD_MESSAGE: EXIT.unreachable,
  ...exits(EST_UNREACHABLE, EXIT.unreachable),
  ...exits(EST_FAILED, EXIT.failed),
  ENOSPC: EXIT.failed,
  EDQUOT: EXIT.failed,
  EIO: EXIT.failed,
}

/** The exit code for an error with this code. What a user can only cure by another command line or file is `usage`. */
export const exitCodeFor = (code: string): ExitCode => BY_CODE[code] ?? EXIT.usage
