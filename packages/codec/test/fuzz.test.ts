import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { fuzz, main } from './fuzz.ts'
import { PROPERTIES } from './properties.ts'

const run = (...args: string[]) => {
  const [out, err]: [string[], string[]] = [[], []]
  const exitCode = main(args, { write: words => out.push(words), complain: words => err.push(words) })
  return { exitCode, out: out.join(''), err: err.join('') }
}

t.test('a run says its seed, the cases of each property and the total, and exits 0', async t => {
  const { exitCode, out, err } = run('--runs', '50', '--seed', '42')
  t.equal(exitCode, 0)
  t.equal(err, '')
  t.match(out, /^seed 42, 50 cases a property\n/)
  for (const { claim } of PROPERTIES) t.ok(out.includes('50 cases') && out.includes(claim), claim)
  t.ok(out.includes(`${50 * PROPERTIES.length} cases in total, every property held`))
})

t.test('without a seed it makes one up and prints it', async t => t.match(run('--runs=1').out, /^seed \d+, 1 cases a property\n/))

t.test('a property that fails gives its counterexample, the seed that finds it again, and exit 1', async t => {
  const words: string[] = []
  const below = { claim: 'no number is above 500', property: fc.property(fc.nat({ max: 1000 }), n => n <= 500) }
  const holds = { claim: 'a count is not negative', property: fc.property(fc.nat(), n => n >= 0) }
  t.equal(fuzz({ runs: 100, seed: 7, properties: [below, holds], write: text => words.push(text) }), 1)
  const out = words.join('')
  t.match(out, /FAILED .* no number is above 500\n/)
  t.match(out, /Counterexample: \[501\]/, 'shrunk to the smallest')
  t.match(out, /pnpm fuzz --runs 100 --seed 7/)
  t.match(out, /held +100 cases .* a count is not negative/, 'the others still run')
  t.match(out, /1 of 2 properties failed/)
})

t.test('a wrong flag gives one sentence and exit 2', async t => {
  const wrong: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [['--bogus'], /^fuzz: Unknown option '--bogus'\. Try --help\.\n$/],
    [['--runs', 'many'], /^fuzz: --runs must be a whole number in 1\.\.1000000000, got "many"\. Try --help\.\n$/],
    [['--runs', '0'], /^fuzz: --runs must be a whole number .* got "0"/],
    [['--runs', '1e3'], /^fuzz: --runs must be a whole number .* got "1e3"/],
    [['--seed', '2147483648'], /^fuzz: --seed must be a whole number in 0\.\.2147483647, got "2147483648"/],
    [['--runs'], /^fuzz: Option '--runs <value>' argument missing/],
    [['extra'], /^fuzz: Unexpected argument 'extra'/],
  ]
  for (const [args, sentence] of wrong) {
    const { exitCode, out, err } = run(...args)
    t.equal(exitCode, 2, args.join(' '))
    t.equal(out, '')
    t.match(err, sentence)
  }
})

t.test('--help prints the flags and exits 0', async t => {
  const { exitCode, out } = run('--help')
  t.equal(exitCode, 0)
  t.match(out, /--runs N .*\n.*--seed S/)
})

t.test('as a process it has the same exit codes', async t => {
  const file = fileURLToPath(new URL('fuzz.ts', import.meta.url))
  t.equal(spawnSync(process.execPath, [file, '--runs', '5', '--seed', '1']).status, 0)
  const wrong = spawnSync(process.execPath, [file, '--bogus'], { encoding: 'utf8' })
  t.equal(wrong.status, 2)
  t.equal(wrong.stderr.split('\n').length, 2, 'one sentence and no stack')
})
