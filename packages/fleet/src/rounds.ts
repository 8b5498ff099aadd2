import { OptionError } from '@capfkit/codec/options'
import type { PlannedOperation } from './plan/plan.ts'

/** One pass over the fleet: an operation, and the share of the phones that takes part. */
export type Round = { operation: PlannedOperation; share: number }

/** Words for operations; an upgrade is an install for a phone that has an LSC. */
const WORDS: Readonly<Record<string, Round['operation']>> = {
  install: 'install',
  upgrade: 'install',
  delete: 'delete',
  troubleshoot: 'troubleshoot',
}

/** Read `install,upgrade,delete:30%`. @throws {OptionError} for an unknown operation or a share above 100 %. */
export const parseRounds = (words: string): Round[] =>
  words.split(',').map(part => {
    const [word = '', share = '100%'] = part.split(':')
    const operation = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    const percent = Number(share.slice(0, -1))
    if (operation && percent <= 100) return { operation, share: percent / 100 }
    const sentence = `rounds knows ${Object.keys(WORDS).join(', ')} with a share of 0..100%, got ${JSON.stringify(part)}`
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'rounds', sentence }])
  })
