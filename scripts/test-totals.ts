import { createInterface } from 'node:readline'

/**
 * Reads the TAP of a test run, prints what failed and one line a file, and at the end one line with the totals that tap itself
 * gives: `N passed, N failed, N skipped`. The exit code is 0 only when tap gave totals, something passed and nothing failed.
 */

const TOTALS = /^# \{ total: \d+(.*)\}$/
const SKIPPED = /^\s*ok \d+ - .*# SKIP/
const FILE = /^(?:not )?ok \d+ - /
const FAILED = /^(\s*)not ok /

export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** The totals in tap's last words, such as `# { total: 117, pass: 113, fail: 2, todo: 1, skip: 1 }`. */
export const totalsOf = (line: string): Totals | undefined => {
  const words = TOTALS.exec(line)?.[1]
  if (words === undefined) return undefined
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(words)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') }
}

/** Which lines a reader of the log needs: files, failures with their diagnosis, skipped tests with the reason. */
export class FailureFilter {
  /** Indent of the failure whose diagnosis is being read. */
  #indent: string | undefined

  isShown(line: string): boolean {
    const failed = FAILED.exec(line)
    if (failed) {
      this.#indent = failed[1]!
      return true
    }
    const isDiagnosis = this.#indent !== undefined && line.startsWith(`${this.#indent}  `)
    if (isDiagnosis && line === `${this.#indent}  ...`) this.#indent = undefined
    else if (!isDiagnosis && line.trim() !== '') this.#indent = undefined
    return isDiagnosis || FILE.test(line) || SKIPPED.test(line)
  }
}

if (import.meta.main) {
  const filter = new FailureFilter()
  let totals: Totals | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    totals = totalsOf(line) ?? totals
    if (filter.isShown(line)) console.log(line)
  }
  if (!totals) console.error('the test run ended without totals')
  const { passed, failed, skipped } = totals ?? { passed: 0, failed: 1, skipped: 0 }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}
