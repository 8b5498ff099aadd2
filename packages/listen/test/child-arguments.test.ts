import { execFileSync } from 'node:child_process'
import t from 'tap'
import { childArguments } from '../src/index.ts'

t.test('what belongs to one process is not handed on, and what loads its modules is', async t => {
  const cases: [string[], string[]][] = [
    [[], []],
    [['--input-type=module', '--eval', 'code'], []],
    [['--input-type', 'module', '-e', 'code'], []],
    [['-p', '1', '--inspect-brk=0', '--test', '--watch', '--cpu-prof'], []],
    [
      ['--import=a', '--require', 'b', '--max-old-space-size=100', '-e', 'code'],
      ['--import=a', '--require', 'b', '--max-old-space-size=100'],
    ],
    [
      ['--conditions', 'x', '--tls-min-v1.0', '--no-warnings'],
      ['--conditions', 'x', '--tls-min-v1.0', '--no-warnings'],
    ],
  ]
  for (const [own, handedOn] of cases) t.strictSame(childArguments(own), handedOn, own.join(' '))
})

t.test('a program on the command line of Node starts a child that is another one', async t => {
  const child = `process.send(process.execArgv)`
  const code = `
    import { fork } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    import { childArguments } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const child = fork(process.argv[1], { execArgv: childArguments() })
    child.on('message', told => process.stdout.write(JSON.stringify(told)))
  `
  const folder = t.testdir({ 'child.cjs': child })
  const args = ['--no-warnings', '--input-type=module', '--eval', code, `${folder}/child.cjs`]
  t.strictSame(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })), ['--no-warnings'])
})
