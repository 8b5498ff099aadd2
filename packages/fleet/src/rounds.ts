import { OptionError } from '@capfkit/codec/options'
import type { PlannedOperation } from './plan/plan.ts'

/** One pass over the fleet: an operation, and the share of the phones that takes part. */
export type Round = { operation: PlannedOperation; word: OperationWord; share: number }

/** Words for operations; an upgrade is an install for a phone that has an LSC. */
export const OPERATIONS_BY_WORD = {
  install: 'install',
  upgrade: 'install',
  delete: 'delete',
  troubleshoot: 'troubleshoot',
} as const satisfies Readonly<Record<string, PlannedOperation>>

export type OperationWord = keyof typeof OPERATIONS_BY_WORD
export const OPERATION_WORDS = Object.keys(OPERATIONS_BY_WORD) as OperationWord[]

/** Read `install,upgrade,delete:30%`. @throws {OptionError} for an unknown operation or a share above 100 %. */
export const parseRounds = (words: string): Round[] =>
  words.split(',').map(part => {
    const [word = '', share = '100%'] = part.split(':')
    const known = OPERATION_WORDS.find(known => known === word)
    const percent = Number(share.slice(0, -1))
    if (known && percent <= 100) return { operation: OPERATIONS_BY_WORD[known], word: known, share: percent / 100 }
    const sentence = `rounds knows ${Object.keys(OPERATIONS_BY_WORD).join(', ')} with a share of 0..100%, got ${JSON.stringify(part)}`
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'rounds', sentence }])
  })
