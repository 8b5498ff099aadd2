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

/** Exit codes of the errors of other packages that are not the rule for their prefix. */
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  STORE_LOCKED: EXIT.failed,
  STORE_FULL: EXIT.failed,
  STORE_FAILED: EXIT.failed,
  SERVER_WORKER_FAILED: EXIT.failed,
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
  ENOSPC: EXIT.failed,
  EDQUOT: EXIT.failed,
  EIO: EXIT.failed,
}

/** The exit code for an error with this code. What a user can only cure by another command line or file is `usage`. */
export const exitCodeFor = (code: string): ExitCode => BY_CODE[code] ?? EXIT.usage
