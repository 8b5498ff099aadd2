import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../workspace.ts'

const run = (tap: string) => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/test-totals.ts')], { input: tap, encoding: 'utf8' })
  return { status, lines: stdout.trimEnd().split('\n') }
}

t.test('a run in which everything passed', async t => {
  const tap =
    'TAP version 14\n1..1\n# Subtest: a.test.ts\n    ok 1 - x\n    1..1\nok 1 - a.test.ts # time=2ms\n\n# { total: 12, pass: 12 }\n'
  t.strictSame(run(tap), { status: 0, lines: ['ok 1 - a.test.ts # time=2ms', '12 passed, 0 failed, 0 skipped'] })
})

t.test('failures are shown with their diagnosis, skipped tests with their reason', async t => {
  const { status, lines } = run(
    [
      '    ok 1 - no program # SKIP openssl is not installed',
      '    ok 2 - fine',
      '    not ok 3 - should be equal',
      '      ---',
      '      diff: |',
      '        -2',
      '      ...',
      '    ok 4 - fine again',
      'not ok 1 - a.test.ts',
      '# { total: 117, pass: 113, fail: 2, todo: 1, skip: 1 }',
    ].join('\n'),
  )
  t.equal(status, 1)
  t.equal(lines.at(-1), '113 passed, 2 failed, 2 skipped')
  t.match(lines.join('\n'), /# SKIP openssl[\s\S]*not ok 3[\s\S]*diff: \|\n {8}-2\n[\s\S]*not ok 1 - a\.test\.ts/)
  t.notMatch(lines.join('\n'), /fine/)
})

t.test('a run without a test has not passed', async t => t.equal(run('# { total: 0 }\n').status, 1))

t.test('a run that broke off has not passed', async t => {
  const { status, lines } = run('TAP version 14\n    ok 1 - x\n')
  t.equal(status, 1)
  t.equal(lines.at(-1), '0 passed, 1 failed, 0 skipped')
})
