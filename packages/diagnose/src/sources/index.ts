import { capfTrace } from './capf-trace.ts'
import { capfkitMessages } from './capfkit-messages.ts'
import { certificates } from './certificates.ts'
import { deviceTable } from './device-table.ts'
import { errorLog } from './error-log.ts'
import { iisLog } from './iis-log.ts'
import { phoneConsole } from './phone-console.ts'
import { phoneStatus } from './phone-status.ts'
import { pkiHttp } from './pki-http.ts'
import type { SourceKind } from './source-kind.ts'
import { staleLscList } from './stale-lsc-list.ts'
import { trustListPrint } from './trust-list.ts'

/** Every kind of text that is read, the commonest first. */
export const TEXT_KINDS: readonly SourceKind[] = [
  capfTrace,
  errorLog,
  iisLog,
  phoneConsole,
  phoneStatus,
  trustListPrint,
  deviceTable,
  certificates,
  pkiHttp,
  staleLscList,
  capfkitMessages,
]

type KindOf = Pick<SourceKind, 'kind' | 'dating' | 'isWholeSeconds'> & { readonly isNoisy: boolean }
export type Recognised = KindOf & Pick<SourceKind, 'open' | 'between'>

/** A recorded run is no text. */
export const RUN_KIND: KindOf = { kind: 'run', dating: 'full', isNoisy: false }
export const UNKNOWN_KIND: KindOf = { kind: 'unknown', dating: 'time', isNoisy: false }

/** Lines of a scan among clean ones, one in so many: then all are read as if they were. */
const NOISY_SHARE = 20

/** The kind that most of the lines are of, and whether they come out of a scan; `undefined` when they are of none. */
export const recognise = (lines: readonly string[]): Recognised | undefined => {
  let best: { count: number; found: Recognised } | undefined
  for (const { recognises, noisy, ...row } of TEXT_KINDS) {
    const clean = lines.filter(recognises).length
    const strewn = noisy ? lines.filter(line => noisy.recognises(line) && !recognises(line)).length : 0
    const isNoisy = strewn > 0 && strewn * NOISY_SHARE >= clean
    const found = { ...row, open: isNoisy ? noisy!.open : row.open, isNoisy }
    if (clean + strewn > (best?.count ?? 0)) best = { count: clean + strewn, found }
  }
  return best?.found
}
