import { type FailureSide, type PhoneErrorCode, phoneError } from '../errors.ts'
import { BOOT_ERRORS, BootError, type BootErrorCode, bootError } from './errors.ts'
import type { BootFailure, BootPhase, BootResult, BootStep } from './result.ts'
import type { BootStepName } from './steps.ts'

type AnyCode = BootErrorCode | PhoneErrorCode

const isBootCode = (code: AnyCode): code is BootErrorCode => Object.hasOwn(BOOT_ERRORS, code)

/** Of a session that took too long as a whole, the server is the one that mostly had the word. */
const sideOf = (code: AnyCode): FailureSide => {
  const { side } = isBootCode(code) ? bootError(code) : phoneError(code)
  return side === 'phase' ? 'server' : side
}

/** What is known of a boot while it runs: its steps, its times, what went wrong first. */
export class BootRecord {
  readonly #now: () => number
  readonly #startedAt: number
  readonly #phasesMs: Partial<Record<BootPhase, number>> = {}
  #failure: BootFailure | undefined
  steps: BootStep[] = []

  constructor(now: () => number) {
    this.#now = now
    this.#startedAt = now()
  }

  add(phase: BootPhase, ms: number): void {
    this.#phasesMs[phase] = (this.#phasesMs[phase] ?? 0) + ms
  }

  /** Count the time of what is awaited. */
  async during<T>(phase: BootPhase, work: Promise<T>): Promise<T> {
    const startedAt = this.#now()
    try {
      return await work
    } finally {
      this.add(phase, this.#now() - startedAt)
    }
  }

  /** Only the first failure is kept: what follows from it is not the reason. */
  note(step: BootStepName, { code, detail }: { code: AnyCode; detail: string }): void {
    this.#failure ??= { step, code, side: sideOf(code), detail }
  }

  /** Another round: of the one before nothing counts but its time. */
  beginAgain(): void {
    this.steps = []
    this.#failure = undefined
  }

  get result(): Pick<BootResult, 'ok' | 'steps' | 'phasesMs' | 'totalMs' | 'failure'> {
    const failure = this.#failure
    const totalMs = this.#now() - this.#startedAt
    return { ok: !failure, steps: this.steps, phasesMs: this.#phasesMs, totalMs, ...(failure ? { failure } : {}) }
  }
}

/** What may be said of an error in a result. */
export const troubleOf = (error: unknown): { code: BootErrorCode; detail: string } => {
  if (error instanceof BootError) return { code: error.code, detail: error.detail ?? error.where }
  return { code: 'BOOT_INTERNAL', detail: error instanceof Error ? error.name : 'something that is not an Error was thrown' }
}
