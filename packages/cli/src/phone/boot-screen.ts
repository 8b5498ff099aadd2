import { BOOT_ERRORS, type BootErrorCode, type BootFailure, type BootResult, type BootStep, PHONE_ERRORS } from '@capfkit/phone'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { exitOf } from './screen.ts'
import { todoOf } from './todo.ts'

const STEP_WIDTH = 18
const OUTCOME_WIDTH = 12

const tenths = (ms: number) => Math.round(ms * 10) / 10

/** `  config            ok              4.2 ms  SEP001122334455.cnf.xml.sgn (HTTP, 1208 bytes)` */
export const stepLine = ({ step, outcome, ms, file, transport, bytes, code }: BootStep): string => {
  const from = [transport, bytes === undefined ? undefined : `${bytes} bytes`, code].filter(word => word !== undefined).join(', ')
  const about = [file, from === '' ? undefined : `(${from})`].filter(word => word !== undefined).join(' ')
  return `  ${step.padEnd(STEP_WIDTH)}${outcome.padEnd(OUTCOME_WIDTH)}${ms.toFixed(1).padStart(8)} ms  ${about}`.trimEnd()
}

const isBootCode = (code: string): code is BootErrorCode => Object.hasOwn(BOOT_ERRORS, code)

/** What went wrong and what to do about it, in one sentence. */
export const bootFailureLine = ({ failure, capf }: { failure: BootFailure; capf?: BootResult['capf'] | undefined }): string => {
  const { code, step, detail } = failure
  const phase = capf?.failure?.phase
  const { sentence, todo } = isBootCode(code)
    ? { sentence: BOOT_ERRORS[code].what, todo: BOOT_ERRORS[code].remedy }
    : { sentence: PHONE_ERRORS[code].sentence, todo: todoOf({ code, phase }) }
  const about = detail === sentence ? '' : ` [${detail}]`
  const hint = todo === 'nothing' ? '' : `; ${todo}`
  return `${sentence}${about}, in step ${step}${hint} (${code})`
}

/** Failures of a boot that are not simply "it failed"; those of CAPF sessions have their own. */
const FAILURE_EXITS: Partial<Record<BootErrorCode, ExitCode>> = {
  BOOT_ABORTED: EXIT.stopped,
  BOOT_FLASH: EXIT.usage,
  BOOT_NO_STRING: EXIT.usage,
  BOOT_NO_RESOURCES: EXIT.invalid,
  BOOT_NAME_UNKNOWN: EXIT.unreachable,
  BOOT_UNREACHABLE: EXIT.unreachable,
}

/** What a script is told. No CAPF server in a trust list is a verification that said no, not a slip of who typed the command. */
export const exitOfBoot = ({ failure, capf }: BootResult): ExitCode => {
  if (!failure) return EXIT.pass
  if (isBootCode(failure.code)) return FAILURE_EXITS[failure.code] ?? EXIT.failed
  return capf ? exitOf(capf) : EXIT.failed
}

/** The result as data. */
export const bootData = (result: BootResult) => {
  const { steps, phasesMs, totalMs, capf, ...rest } = result
  const rounded = Object.entries(phasesMs).map(([phase, ms]) => [phase, tenths(ms)])
  return {
    ...rest,
    steps: steps.map(({ ms, ...step }) => ({ ...step, ms: tenths(ms) })),
    phasesMs: Object.fromEntries(rounded),
    totalMs: tenths(totalMs),
    ...(capf ? { capf: { ok: capf.ok, operation: capf.operation, lsc: capf.lsc, sessions: capf.sessions } } : {}),
  }
}
