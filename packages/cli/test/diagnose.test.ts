import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const LOGS = resolve(import.meta.dirname, '../../../test-vectors/logs')
const log = (name: string) => join(LOGS, name)
const run = (...args: readonly string[]) => onTerminal(['diagnose', ...args], { isTTY: false })

t.test('a cause is named first, with its lines, its cure and what to collect next', async t => {
  const { code, stdout } = await run(log('ces-template-misspelt.txt'))
  t.equal(code, 1)
  t.match(stdout, /^1 finding\n\nerror {2}template-misspelt {2}2019-02-27T16:53:28\.000\n/)
  t.match(stdout, /ces-template-misspelt\.txt:8\n +\*\*\*EST \[WARNING\]\[est_http_request:1435\]--> Enrollment failed with rc=22/)
  t.match(stdout, /\n {2}cure +correct Online CA Template/)
  t.match(stdout, /\n {2}collect next/)
  t.match(stdout, /ces-template-misspelt\.txt +error-log +17/)
})

t.test('healthy logs give nothing, and exit code 0', async t => {
  const { code, stdout } = await run(log('capf-online-ca-enrolment.txt'), log('show-itl-seed.txt'))
  t.match({ code, stdout }, { code: 0, stdout: /^nothing was found\n/ })
})

t.test('as data, with how far clocks differ; a folder means its files', async t => {
  const folder = t.testdir({
    'capf0001.txt': readFileSync(log('capf-online-ca-enrolment.txt')),
    'u_ex190116.log': readFileSync(join(LOGS, '../adcs/iis-enrolment.txt')),
    'status.txt.gz': gzipSync(readFileSync(log('phone-status-unresolved.txt'))),
    deeper: { 'error.log': readFileSync(log('ces-template-misspelt.txt')) },
  })
  const { code, stdout } = await run(folder, join(folder, 'capf0001.txt'), '--json')
  t.equal(code, 1)
  const { version, sources, findings } = JSON.parse(stdout)
  t.equal(version, 1)
  t.strictSame(
    sources.map(({ file, kind }: Record<string, string>) => [file!.slice(folder.length + 1), kind]),
    [
      ['capf0001.txt', 'capf-trace'],
      ['status.txt.gz', 'phone-status'],
      ['u_ex190116.log', 'iis-log'],
    ],
  )
  t.match(findings, [{ name: 'capf-name-unresolvable', severity: 'error', device: 'SEP682C7B5C2342' }])
})

t.test('what cannot be read is said; a file that is not there is an error before anything is read', async t => {
  const folder = t.testdir({ empty: '', letter: 'Dear Sir or Madam\n' })
  const { code, stdout } = await run(folder)
  t.equal(code, 0)
  t.match(stdout, /empty +unknown +0 +– +the file is empty/)
  t.match(stdout, /letter +unknown +0 +– +all of it: no line of a kind that is known/)
  t.match(await run(log('show-itl-missing.txt'), join(folder, 'absent')), {
    code: 2,
    stdout: '',
    stderr: /absent: it cannot be read: no such file or directory; .*CLI_FILE_UNREADABLE/,
  })
})

t.test('the page is written beside the words, or to stdout in their place', async t => {
  const cwd = t.testdir()
  const file = join(cwd, 'diagnosis.html')
  const { code, stdout, stderr } = await run(log('show-itl-missing.txt'), '--html', file)
  t.match({ code, stdout, stderr }, { code: 1, stdout: /itl-empty/, stderr: /wrote .*diagnosis\.html/ })
  t.match(readFileSync(file, 'utf8'), /<h2><span class="error">error<\/span> itl-empty/)
  t.match(await run(log('show-itl-missing.txt'), '--html', '-'), { stdout: /^<!doctype html>/ })
  t.match(await run(file, '--html', file), { code: 2, stderr: /would be replaced/ })
})

t.test('from stdin, by the real program', async t => {
  const input = readFileSync(log('capf-online-ca-timeout.txt'))
  const { code, stdout, stderr } = await capf(['diagnose', '-', '--json'], { cwd: t.testdir(), input })
  t.equal(code, 1, stderr)
  t.match(JSON.parse(stdout), {
    sources: [{ file: 'stdin', kind: 'capf-trace' }],
    findings: [{ name: 'ca-enrol-timeout', device: 'SEP001F6C81118B', at: '12:38:04.779' }],
  })
})

t.test('what stands in logs cannot steer the terminal', async t => {
  const folder = t.testdir({
    'status.txt': '[14:05:42 03/15/21] DNS unknown IPv4 host \u001b[2J\u009b31m\n[14:05:42 03/15/21] LSC: Connection failed\n',
  })
  const { stdout } = await run(join(folder, 'status.txt'))
  t.match(stdout, 'DNS unknown IPv4 host ?[2J?31m')
})

t.test('of a long story the last lines are told, and where the others are', async t => {
  const rows = Array.from({ length: 40 }, (_, index) => `[14:05:${10 + index} 03/15/21] LSC: Connection failed`)
  const folder = t.testdir({ 'status.txt': `Cisco IP Phone CP-8845 (SEP682C7B5C2342)\n${rows.join('\n')}\n` })
  const { stdout } = await capf(['diagnose', 'status.txt'], { cwd: folder })
  t.match(stdout, /\(\d+ earlier lines are in --json and --html\)/)
})
