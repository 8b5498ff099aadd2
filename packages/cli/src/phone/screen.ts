import {
  type ContactResult,
  OUTCOMES,
  PHASES,
  PHONE_ERRORS,
  type Phase,
  type PhoneFailure,
  type SessionResult,
} from '@capfkit/phone'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { todoOf } from './todo.ts'

const LABEL_WIDTH = 16
const NUMBER_WIDTH = 10

const milliseconds = (ms: number) => ms.toFixed(1).padStart(NUMBER_WIDTH)

/** One line a phase, in the order of a session. */
export const phaseLines = ({ phasesMs, totalMs }: SessionResult): string[] => [
  ...(Object.keys(PHASES) as Phase[]).flatMap(phase => {
    const ms = phasesMs[phase]
    return ms === undefined ? [] : [`  ${phase.padEnd(LABEL_WIDTH)}${milliseconds(ms)} ms`]
  }),
  `  ${'total'.padEnd(LABEL_WIDTH)}${milliseconds(totalMs)} ms`,
]

/** What went wrong and what to do about it, in one sentence. */
export const failureLine = ({ code, phase, detail }: PhoneFailure): string => {
  const { sentence } = PHONE_ERRORS[code]
  const more = detail === sentence || sentence.includes(detail) ? '' : ` [${detail}]`
  return `${sentence}${more}, in phase ${phase}; ${todoOf({ code, phase })} (${code})`
}

/** Real phones try again after a failure of communication, not after a refusal. */
export const isTriedAgain = ({ code }: PhoneFailure): boolean => 'communication' in PHONE_ERRORS[code]

/** What a phone did wrong on purpose and what came of it; a failure says so itself. */
export const disturbedLine = ({ disturbed }: ContactResult): string | undefined =>
  disturbed?.isExpected ? `${disturbed.fault}, on purpose: ${OUTCOMES[disturbed.outcome].doc}, as it should be` : undefined

/** Failures that are not simply "the operation failed". */
const FAILURE_EXITS: Partial<Record<PhoneFailure['code'], ExitCode>> = {
  PHONE_ABORTED: EXIT.stopped,
  PHONE_NO_TRUSTED_SERVER: EXIT.usage,
  PHONE_NO_CREDENTIAL: EXIT.usage,
  PHONE_CREDENTIAL_UNUSABLE: EXIT.usage,
  PHONE_FAULT_IMPOSSIBLE: EXIT.usage,
  PHONE_BAD_ADDRESS: EXIT.usage,
  PHONE_NO_LOCAL_PORT: EXIT.invalid,
  PHONE_NO_RESOURCES: EXIT.invalid,
}

export const exitOf = ({ failure, disturbed }: ContactResult): ExitCode => {
  if (!failure || disturbed?.isExpected) return EXIT.pass
  const isThere = failure.phase !== 'dns' && failure.phase !== 'connect'
  return FAILURE_EXITS[failure.code] ?? (isThere ? EXIT.failed : EXIT.unreachable)
}
