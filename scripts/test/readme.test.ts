import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { freePort } from '../../packages/listen/src/free-port.ts'
import { ROOT } from '../workspace.ts'

/** The commands of the tour, block by block, as they stand in the README. */
const tour = (): string[] => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('## Five minutes'), readme.indexOf('## Packages'))
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands]) => commands!)
}

const skip = spawnSync('openssl', ['version']).error ? 'openssl is not installed' : false

t.test('the five minutes of the README go as they are written', { skip }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capfkit-readme-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(ROOT, 'test-vectors'), join(folder, 'test-vectors'))

  const address = `127.0.0.1:${await freePort()}`
  const program = join(ROOT, 'packages/cli/src/capf.ts')
  // The one thing that is not as it is written: pnpm would first look whether everything is installed.
  const capf = (exec: string) => `capf() { ${exec} '${process.execPath}' '${program}' "$@"; }\n`
  const run = (commands: string, exec = '') => {
    const script = commands.replaceAll('127.0.0.1:3804', address).replace(/^capf\(\) .*\n/m, '')
    return spawn('bash', ['-euo', 'pipefail', '-c', capf(exec) + script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  const [first = '', ...others] = tour()
  t.ok(others.length >= 4, 'there is a tour')
  const server = run(first, 'exec')
  server.stderr.resume()
  const ended = once(server, 'exit')
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      t.equal(line, `listening on ${address}`)
      break
    }
    let said = ''
    for (const commands of others) {
      const child = run(commands)
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
      t.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0, `${commands}${stderr}`)
      said += stdout
    }
    const promised = [/^added SEP001122334455: /m, /^done: installed the LSC/m, /^subject=CN ?= ?SEP001122334455$/m, /\.pem: OK$/m]
    for (const words of [...promised, / 3 Upgrade Success /, /^PASS {2}200 of 200 operations done by 200 phones/m])
      t.match(said, words)
  } finally {
    server.kill('SIGINT')
    t.strictSame(await ended, [0, null], 'Ctrl-C ends the server')
  }
})
