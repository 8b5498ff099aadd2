import t from 'tap'
import { outcome, startCapf } from './program.ts'

const cwd = t.testdir()
const EC = ['--key', 'ec:p256']

t.test('Ctrl-C twice: what is on record can be gone on with, and that is said', async t => {
  const args = ['--embedded', '--phones', '500', '--concurrency', '4', '--key-generation-delay-ms', '3000', ...EC]
  const child = startCapf(['fleet', 'run', ...args, '--out', 'twice'], { cwd })
  const ended = outcome(child)
  child.stdin.end()
  child.stderr.on('data', chunk => {
    if (/phase 1 of 1|^stopping/m.test(String(chunk))) child.kill('SIGINT')
  })
  const { code, stdout, stderr } = await ended
  t.match({ code, stdout }, { code: 5, stdout: '' })
  t.match(stderr, /^go on with: capf fleet resume twice\n$/m)
  t.equal(stderr.split('go on with').length, 2, 'once')
})
