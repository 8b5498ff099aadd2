import { int, oneOf } from '@capfkit/codec/options'
import { ANSWERS, STEPS } from './step.ts'

/** What every fault has. */
export const PATIENCE = {
  patienceMs: int({
    default: 60_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    doc: 'How long the server may take to do something about it: longer than its own time-out for that step, which for key generation is half an hour.',
  }),
} as const

/** Any step of a session. */
export const AT_STEP = {
  at: oneOf({ default: 'AUTH_RESPONSE', values: STEPS, doc: 'The step at which it happens.' }),
  when: oneOf({
    default: 'before',
    values: ['before', 'after'],
    doc: 'Before or after a message of the phone has left; anything else has happened when it is a step.',
  }),
} as const

/** An answer of the phone that is another one than it should be. */
export const IN_ANSWER = { at: oneOf({ default: 'AUTH_RESPONSE', values: ANSWERS, doc: 'The message that is wrong.' }) } as const

export const bytesRow = (row: { default: number; min: number; max: number; doc: string }) => int({ ...row, unit: 'bytes' })
