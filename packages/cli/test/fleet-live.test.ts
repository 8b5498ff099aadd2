import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { LiveSnapshot } from '@capfkit/fleet/live'
import t, { type Test } from 'tap'
import { capf, environment, outcome, PROGRAM, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir()
const EC = ['--key', 'ec:p256', '--models', '8861=1']
const RUN = ['fleet', 'run', '--embedded', ...EC]

t.test('JSON Lines: snapshots of one version, and the summary last; a page beyond this machine says what that costs', async t => {
  const { code, stdout, stderr } = await capf([...RUN, '--phones', '20', '--json-lines', '--ui', '0.0.0.0:0'], { cwd })
  t.equal(code, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  const [summary, ...snapshots] = lines.map(line => JSON.parse(line)).reverse()
  t.match(summary, { type: 'summary', version: 1, verdict: 'pass', done: 20 })
  t.ok(snapshots.length >= 3)
  for (const snapshot of snapshots) t.match(snapshot, { type: 'snapshot', version: 1, figures: {} })
  t.match(snapshots[0], { state: 'ended', figures: { done: 20, failed: 0, inFlight: 0 }, run: { phones: 20, seed: 1 } })
  t.notMatch(stderr, /phase 1/, 'not told twice')
  t.match(stderr, /^warning: --ui 0\.0\.0\.0:0: whoever reaches this address sees the run/m)
  t.match(stderr, /^page on http:\/\/127\.0\.0\.1:\d+\/#token=/m)
})

t.test('a run is watched and steered over HTTP while it goes on', async t => {
  const out = `${cwd}/watched`
  const doors = ['--ui', '127.0.0.1:0', '--metrics', '127.0.0.1:0']
  const child = startCapf([...RUN, '--phones', '3000', '--rate', '60', '--out', out, ...doors], { cwd })
  const ended = outcome(child)
  const [page, metrics] = await new Promise<string[]>((resolve, reject) => {
    let text = ''
    child.stderr.on('data', chunk => {
      text += chunk
      const found = /page on (\S+)\nmetrics on (\S+)\n/.exec(text)
      if (found) resolve([found[1]!, found[2]!])
    })
    child.once('exit', () => reject(new Error(text)))
  })
  const { origin, hash } = new URL(page!)
  const token = hash.replace('#token=', '')
  const get = async <T>(path: string) => (await (await fetch(origin + path)).json()) as T
  const until = async (reached: (snapshot: LiveSnapshot) => boolean): Promise<LiveSnapshot> => {
    for (;;) {
      const snapshot = await get<LiveSnapshot>('/api/snapshot')
      if (snapshot.version === 1 && reached(snapshot)) return snapshot
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  const tell = async (body: object, bearer = token) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` }
    return (await fetch(`${origin}/api/control`, { method: 'POST', headers, body: JSON.stringify(body) })).status
  }
  t.match(await (await fetch(origin)).text(), /<script type="module"/)
  await until(({ figures: { done = 0 } }) => done > 20)
  const scrape = await (await fetch(metrics!)).text()
  t.match(scrape, /^capf_fleet_done_total [1-9]\d*$/m)

  t.equal(await tell({ action: 'pause' }, 'wrong'), 403)
  t.equal(await tell({ action: 'pause' }), 200)
  // At sixty a second there is no second in which nothing starts, but for a pause.
  let before = await until(({ state }) => state === 'paused')
  const paused = await until(snapshot => {
    const isStill = snapshot.atMs - before.atMs >= 900 && snapshot.figures.started === before.figures.started
    if (snapshot.figures.started !== before.figures.started) before = snapshot
    return isStill
  })
  t.match(paused, { state: 'paused', figures: { factor: 0, inFlight: 0 } })
  await tell({ action: 'resume' })
  await until(({ figures: { started = 0 } }) => started > paused.figures.started!)

  const { last } = await get<{ last: { deviceName: string }[] }>('/api/operations')
  const { deviceName } = last.at(-1)!
  const phone = await get<{ from: string; operations: object[] }>(`/api/phone?name=${deviceName}`)
  t.match(phone, {
    from: 'recording',
    operations: [{ deviceName, operation: 'install', stretches: [{ name: 'connect' }, { name: 'tls' }] }],
  })

  await tell({ action: 'stop' })
  const { code, stdout, stderr } = await ended
  t.equal(code, 5, stderr)
  t.match(stdout, /^STOPPED {2}.*\d+ of 3000 operations/ms)
  t.notMatch(stdout + stderr.replace(page!, ''), token, 'the token is in the URL and nowhere else')
})

t.test('doors that cannot be opened end the run before it begins', async t => {
  for (const [args, words] of [
    [['--ui', 'nowhere'], /--ui must be HOST:PORT.*\(CONFIG_/],
    [['--ui', '192.0.2.1:80'], /--ui: the address cannot be listened on: .*\(CLI_DOOR_CLOSED\)/],
    [['--metrics', '192.0.2.1:80'], /--metrics: the address cannot be listened on: .*\(CLI_DOOR_CLOSED\)/],
    [['--otlp', 'collector'], /--otlp must be URL.*\(CONFIG_/],
    [['--otlp', 'http://127.0.0.1:4318', '--otlp-header', 'nothing'], /--otlp-header: .*NAME=VALUE.*\(CLI_USAGE\)/],
    [['--ui', '127.0.0.1:0', '--ui-token', 'short'], /--ui-token must be 16 to 128/],
  ] as const) {
    const { code, stdout, stderr } = await onTerminal([...RUN, '--phones', '1', ...args], { isTTY: false })
    t.equal(code, 2, stderr)
    t.match(stderr, words)
    t.equal(stdout, '')
  }
})

const quoted = (words: readonly string[]) => words.map(word => `'${word}'`).join(' ')

/** The program, how it ended, and how the terminal is then. */
const ON_TERMINAL = `stty rows 30 cols 100; ${quoted([process.execPath, PROGRAM, ...RUN, '--phones', '5000', '--rate', '40'])}; echo "exit $?"; stty -a`

type Typing = readonly (readonly [seen: RegExp, keys: string])[]

/** What a person sees who types each key when its words are there: `script` of util-linux is a terminal. */
const typeOn = async (typing: Typing): Promise<{ seen: string; typed: number }> => {
  const child = spawn('script', ['-qec', ON_TERMINAL, '/dev/null'], {
    cwd,
    env: environment({ TERM: 'xterm' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let [seen, from, typed] = ['', 0, 0]
  child.stdout.on('data', chunk => {
    seen += stripVTControlCharacters(String(chunk))
    const next = typing[typed]
    if (!next?.[0].test(seen.slice(from))) return
    typed++
    from = seen.length
    child.stdin.write(next[1])
  })
  await once(child, 'close')
  return { seen, typed }
}

const HAS_SCRIPT = existsSync('/usr/bin/script') ? {} : { skip: 'there is no script(1)' }

const isUsable = (t: Test, seen: string) => {
  for (const mode of ['icanon', 'isig', 'echo']) t.match(seen, new RegExp(`\\s${mode}\\b`), `${mode} is on again`)
}

t.test('keys steer a run, and the terminal is as before when it is over', HAS_SCRIPT, async t => {
  const typing: Typing = [
    [/running {2}install/, '?'],
    [/start nothing until p is pressed again/, '+'],
    [/running {2}×1\.1/, 'p'],
    [/paused/, 'q'],
  ]
  const { seen, typed } = await typeOn(typing)
  t.equal(typed, typing.length)
  t.match(seen, /stopping: nothing more starts/)
  t.match(seen, /STOPPED {2}/)
  t.match(seen, /exit 5\s/)
  isUsable(t, seen)
})

t.test('the terminal is usable after a run that was ended by force', HAS_SCRIPT, async t => {
  const { seen } = await typeOn([[/running {2}install/, 'qq']])
  t.match(seen, /exit 5\s/)
  t.notMatch(seen, /STOPPED/)
  isUsable(t, seen)
})
