import { BootError, type BootErrorCode } from '../boot/errors.ts'
import type { StartTimer, Timer } from '../deadline.ts'

/** What an error of the operating system says of a transfer that has not begun. */
const BY_ERRNO: Readonly<Record<string, BootErrorCode>> = {
  EADDRNOTAVAIL: 'BOOT_NO_RESOURCES',
  EADDRINUSE: 'BOOT_NO_RESOURCES',
  EMFILE: 'BOOT_NO_RESOURCES',
  ENFILE: 'BOOT_NO_RESOURCES',
  ENOBUFS: 'BOOT_NO_RESOURCES',
  ENOMEM: 'BOOT_NO_RESOURCES',
}

/** The words are Node's: addresses and error names. */
export const networkError = (cause: unknown, place: { where: string; otherwise: BootErrorCode }): BootError => {
  if (cause instanceof BootError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  const known = code === undefined ? undefined : BY_ERRNO[code]
  return new BootError(known ?? place.otherwise, { where: place.where, detail: message || (code ?? 'no words'), cause })
}

/**
 * The end of one exchange that comes from outside it: a time that can be moved, or the signal. Whichever comes first calls
 * `stop`, once; after `clear` neither timer nor listener is left.
 */
export class Limits {
  readonly #startTimer: StartTimer
  readonly #signal: AbortSignal | undefined
  readonly #stop: (error: BootError) => void
  readonly #where: string
  #timer: Timer | undefined

  constructor(init: { startTimer: StartTimer; signal: AbortSignal | undefined; where: string; stop: (error: BootError) => void }) {
    this.#startTimer = init.startTimer
    this.#signal = init.signal
    this.#stop = init.stop
    this.#where = init.where
    init.signal?.addEventListener('abort', this.#aborted)
  }

  readonly #aborted = (): void => this.#end(new BootError('BOOT_ABORTED', { where: this.#where }))

  /** From now on `ms` milliseconds, and then this code. */
  within(ms: number, code: BootErrorCode): void {
    this.#timer?.[Symbol.dispose]()
    const detail = `after ${ms} ms`
    this.#timer = this.#startTimer(() => this.#end(new BootError(code, { where: this.#where, detail })), ms)
  }

  #end(error: BootError): void {
    this.clear()
    this.#stop(error)
  }

  clear(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#signal?.removeEventListener('abort', this.#aborted)
  }
}
