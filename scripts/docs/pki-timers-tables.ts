import { flagName } from '../../packages/cli/src/index.ts'
import { rangeOf, STATEMENTS, type Statement } from '../../packages/scep/src/index.ts'
import { code, table } from './markdown.ts'

const WHERE = { server: 'crypto pki server', trustpoint: 'crypto pki trustpoint', http: 'anywhere' } as const

/** What docs/pki-timers.md shows of the code. */
export const pkiTimersTables = (): Readonly<Record<string, string>> => ({
  statements: table(
    ['statement', 'in', 'flag', 'range', 'without it', 'what it says'],
    Object.entries<Statement>(STATEMENTS).map(([name, row]) => [
      ...[code(row.words), WHERE[row.section], code(`--${flagName(name)}`), rangeOf(row)],
      ...[row.default === undefined ? 'none' : String(row.default), row.doc],
    ]),
  ),
})
