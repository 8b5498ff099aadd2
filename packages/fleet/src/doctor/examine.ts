import { parseOptions } from '@capfkit/codec/options'
import type { Check, CheckVerdict } from './check.ts'
import { FILE_CHECKS } from './file-checks.ts'
import { type Machine, thisMachine } from './machine.ts'
import { MACHINE_CHECKS } from './machine-checks.ts'
import { NETWORK_CHECKS } from './network-checks.ts'
import { DOCTOR_OPTIONS, type DoctorOptions, type Question, questionOf } from './question.ts'
import { TIME_CHECKS } from './time-checks.ts'

/** Everything that a doctor looks at, in the order in which it is told. */
export const DOCTOR_CHECKS = { ...MACHINE_CHECKS, ...TIME_CHECKS, ...NETWORK_CHECKS, ...FILE_CHECKS } as const satisfies Record<
  string,
  Check
>

export type CheckName = keyof typeof DOCTOR_CHECKS

/** What one check says: figure and limit in words, and what to do about anything but `ok`. */
export type CheckResult = { name: CheckName; verdict: CheckVerdict; found: string; needed?: string; remedy?: string }

export type Examination = { version: 1; verdict: Exclude<CheckVerdict, 'unknown'>; checks: CheckResult[] }

const NOT_KNOWN = 'not known here: this system does not say'

const resultOf = async (
  name: CheckName,
  { machine, question, signal }: { machine: Machine; question: Question; signal: AbortSignal },
): Promise<CheckResult> => {
  const { remedy, examine }: Check = DOCTOR_CHECKS[name]
  try {
    const judgement = await examine(machine, question, signal)
    if (!judgement) return { name, verdict: 'unknown', found: NOT_KNOWN }
    const { remedy: special, ...figures } = judgement
    return { name, ...figures, ...(judgement.verdict === 'ok' ? {} : { remedy: special ?? remedy }) }
  } catch (error) {
    signal.throwIfAborted()
    return { name, verdict: 'unknown', found: error instanceof Error ? error.message : String(error) }
  }
}

const NAMES = Object.keys(DOCTOR_CHECKS) as CheckName[]

/** Look at those things one after the other: some are measured, and would disturb each other. */
export const examineFor = async (
  question: Question,
  { machine, names = NAMES, signal }: { machine: Machine; names?: readonly CheckName[]; signal: AbortSignal },
): Promise<Examination> => {
  const checks: CheckResult[] = []
  for (const name of names) checks.push(await resultOf(name, { machine, question, signal }))
  const worst = (['problem', 'warning'] as const).find(verdict => checks.some(result => result.verdict === verdict))
  return { version: 1, verdict: worst ?? 'ok', checks }
}

/**
 * Look whether this machine can carry a run, before it starts: about a second, most of it handshakes. Nothing is changed.
 *
 * @param init.machine  the machine to ask; the one that this runs on unless a test gives another.
 * @throws {OptionError} for wrong options; the reason of the signal when it aborts.
 */
export const examineMachine = async (init: {
  options?: Partial<DoctorOptions>
  machine?: Machine
  signal?: AbortSignal
}): Promise<Examination> => {
  const { options = {}, machine = thisMachine(), signal = new AbortController().signal } = init
  return examineFor(questionOf(parseOptions(DOCTOR_OPTIONS, options), machine.cores), { machine, signal })
}
