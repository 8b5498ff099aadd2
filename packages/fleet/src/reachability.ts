import type { Failure } from './tally.ts'

/** So many connects must fail, and nothing succeed, before a server counts as unreachable. */
export const UNREACHABLE_AFTER = 50

/** Nobody answered: not a refusal, and not a mistake of the phone or of this machine. */
export const isUnreachable = ({ side, phase }: Pick<Failure, 'side' | 'phase'>): boolean =>
  (phase === 'dns' || phase === 'connect') && (side === 'server' || side === 'network')

/** It was ended before it could find out, which says nothing of the server. */
const foundNothingOut = ({ phase, reason }: Pick<Failure, 'phase' | 'reason'>): boolean =>
  reason === 'PHONE_ABORTED' && (phase === 'dns' || phase === 'connect')

/** Whether nothing but failing connects was seen so far, often enough to say that no server is there. */
export const nothingAnswers = (
  parts: Iterable<{ done: number; failures: Iterable<Failure> }>,
  { enough = UNREACHABLE_AFTER } = {},
): boolean => {
  let failed = 0
  for (const { done, failures } of parts) {
    if (done > 0) return false
    for (const failure of failures) {
      if (foundNothingOut(failure)) continue
      if (!isUnreachable(failure)) return false
      failed += failure.count
    }
  }
  return failed > 0 && failed >= enough
}
