import { EventEmitter } from 'node:events'
import { stripVTControlCharacters, styleText } from 'node:util'
import { FleetControl } from '@capfkit/fleet'
import { LiveHistory, type LiveSnapshot } from '@capfkit/fleet/live'
import fc from 'fast-check'
import t from 'tap'
import { isForeground, Keys } from '../src/fleet/live/keyboard.ts'
import { KEYS, press } from '../src/fleet/live/keys.ts'
import { plainLines } from '../src/fleet/live/plain-lines.ts'
import { screenLines } from '../src/fleet/live/screen.ts'
import { sparkline } from '../src/fleet/live/sparkline.ts'

const STRETCHES = ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end']

const snapshotAt = (seconds: number, change: Partial<LiveSnapshot> = {}): LiveSnapshot => ({
  ...{ version: 1, atMs: 1000 * seconds, seconds, state: 'running', stage: 'reboot storm' },
  control: { factor: 1.1, paused: false, draining: false, stopping: false },
  run: { target: '192.0.2.1:3804', seed: 1, phones: 1000, startedAtMs: 0 },
  phases: [
    { name: 'install', total: 1000, ended: 1000 },
    { name: 'reboot storm', total: 2000, ended: 30 * seconds },
  ],
  phase: 1,
  figures: {
    ...{ started: 1, done: 12_345, failed: 3, lateStarts: 2, skipped: 0, inFlight: 31, donePerSecond: 400 + seconds, factor: 1.1 },
    ...{ scheduledP50Ms: 41.5, scheduledP90Ms: 61, scheduledP99Ms: 97, actualP50Ms: 39, actualP90Ms: 59, actualP99Ms: 89 },
    ...{ scheduledRunP50Ms: 42, scheduledRunP90Ms: 62, scheduledRunP99Ms: 12_000 },
    ...{ actualRunP50Ms: 39.4, actualRunP90Ms: 59, actualRunP99Ms: 89 },
    ...{ processes: 2, cpuShare: 0.61, eventLoopDelayP99Ms: 12.3, eventLoopDelayMaxMs: 40, memoryBytes: 2.2e8 },
  },
  failures: Array.from({ length: 12 }, (_, index) => ({
    side: 'server',
    phase: 'tls',
    reason: `PHONE_REASON_${index}`,
    count: 12 - index,
  })),
  otherFailures: 4,
  disturbances: [],
  stretches: STRETCHES.map(phase => ({ phase, last: { p50: 1.2, p90: 3.4, p99: 8.5 }, run: { p50: 1, p90: 3, p99: 8 } })),
  processes: [],
  thresholds: [
    { sentence: 'p99 < 200ms', value: '97ms', holds: true },
    { sentence: 'failed < 0.1%', value: '0.3%', holds: false },
  ],
  warnings: ['120 of 900 starts came too late'],
  ...change,
})

const history = new LiveHistory()
for (let second = 0; second < 90; second++) history.add(snapshotAt(second))

const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { validateStream: false })

const screen = ({ columns = 100, rows = 40, isHelp = false, snapshot = snapshotAt(90), plain = true } = {}) => {
  const lines = screenLines({ snapshot, history, columns, hasKeys: true, isHelp }, { rows, paint })
  return plain ? lines.map(line => stripVTControlCharacters(line)) : lines
}

t.test('the screen has the run at a glance', async t => {
  const text = screen().join('\n')
  for (const words of [
    /^running {2}×1\.1 {2}reboot storm {2}2 of 2 {2}1:30 +192\.0\.2\.1:3804 {2}seed 1$/m,
    /^! 120 of 900 starts came too late$/m,
    /^phase +█+░* {2}2,700 of 2,000$/m,
    /^operations {2}12,345 done {3}3 failed {3}31 in flight {3}2 late starts$/m,
    /^rate +490\/s {2}[▁-█]+$/m,
    /^p99 +97 ms {2}[▁-█]+$/m,
    /^failures +12 {2}PHONE_REASON_0 {2}server, tls$/m,
    /^ +4 {2}in other ways$/m,
    /^ +✗ failed < 0\.1% {2}0\.3%$/m,
    /^generator +2 processes, busiest 61 % CPU, event loop late 12\.3 ms, 220 MB$/m,
    /^ {2}scheduled start +41\.5 ms +61 ms +97 ms +42 ms +62 ms +12 s$/m,
    /^ {4}tls +1\.2 ms +3\.4 ms +8\.5 ms +1 ms +3 ms +8 ms$/m,
    /\+ faster {3}- slower {3}p pause {3}d drain {3}q stop {3}\? help/,
  ])
    t.match(text, words)
  t.match(screen({ isHelp: true }).join('\n'), /^ {2}p {2}pause +start nothing until p is pressed again/m)
})

t.test('it fits every terminal, and what counts most stays longest', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 4, max: 60 }), fc.boolean(), (columns, rows, isHelp) => {
      const lines = screen({ columns, rows, isHelp })
      return lines.length < rows && lines.every(line => [...line].length < columns) && lines[0]!.startsWith('running')
    }),
  )
  const small = screen({ columns: 60, rows: 9 }).join('\n')
  for (const word of [/running/, /12,345 done/, /rate/, /PHONE_REASON_0/]) t.match(small, word)
  t.notMatch(small, /keyGeneration/)
})

t.test('what came over a wire cannot steer the terminal', async t => {
  const evil = '\u001b[2J\u0007\u009b31m'
  const snapshot = snapshotAt(1, {
    stage: evil,
    failures: [{ side: evil, phase: evil, reason: evil, count: 1 }],
    warnings: [evil],
    thresholds: [{ sentence: evil, value: evil, holds: true }],
    stretches: [{ phase: evil }],
  })
  const lines = screen({ snapshot, plain: false }).map(line => stripVTControlCharacters(line))
  t.match(lines.join('\n'), /\?\[2J\?\?31m/, 'it is there, without its force')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  for (const line of lines) t.notMatch(line, /[\u0000-\u001f\u007f-\u009f]/)
})

t.test('preparations show how far they are, and nothing that is not known', async t => {
  const snapshot = snapshotAt(0, {
    ...{
      state: 'preparing',
      stage: 'making RSA keys',
      making: { done: 32, total: 128 },
      phase: undefined,
      phases: [],
      figures: {},
    },
    ...{ failures: [], otherFailures: 0, stretches: [], thresholds: [], warnings: [] },
    run: { target: '', seed: 0, phones: 0, startedAtMs: 0 },
  })
  t.match(
    screenLines(
      { snapshot, history: new LiveHistory(), columns: 80, hasKeys: false, isHelp: false },
      { rows: 24, paint: (_, text) => text },
    ),
    [/^preparing {2}making RSA keys {2}0:00$/, /^made +█{10}░{30} {2}32 of 128$/],
  )
})

t.test('a sparkline has the newest at its right, and fits', async t => {
  t.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 20), '▁▂▃▄▅▆▇██')
  t.equal(sparkline([9, 9, 0, 8], 2), '▁█')
  t.equal(sparkline([0, 0], 5), '▁▁')
  t.equal(sparkline([], 5) + sparkline([1], 0), '')
})

t.test('each key does what its row says, others do nothing', async t => {
  const control = new FleetControl()
  const asked: string[] = []
  const actions = { control, interrupt: () => asked.push('interrupt'), toggleHelp: () => asked.push('help') }
  const after = (typed: string) => {
    press(typed, actions)
    return control.state
  }
  t.match(after('+'), { factor: 1.1 })
  t.match(after('--'), { factor: 1.1 / 1.1 / 1.1 })
  t.match(after('1'), { factor: 1 })
  t.match(after('p'), { paused: true })
  t.match(after(' '), { paused: false })
  const before = control.state
  press('xyzÄ\u001b[A\n', actions)
  t.equal(control.state, before)
  t.match(after('d'), { draining: true })
  press('q\u0003?h', actions)
  t.strictSame(asked, ['interrupt', 'interrupt', 'help', 'help'])
  t.equal(new Set(KEYS.flatMap(({ sent }) => sent)).size, KEYS.flatMap(({ sent }) => sent).length, 'no key twice')
})

t.test('the terminal is raw while keys are heard, and never after', async t => {
  const modes: boolean[] = []
  const keyboard = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    resume: () => {},
    pause: () => modes.push(false),
  })
  const typed: string[] = []
  const exits = process.listenerCount('exit')
  const keys = Keys.listen(keyboard, { press: text => typed.push(text), stat: '' })!
  keyboard.emit('data', Buffer.from('p'))
  t.equal(process.listenerCount('exit'), exits + 1, 'also when the program ends in between')
  keys[Symbol.dispose]()
  keyboard.emit('data', Buffer.from('q'))
  t.strictSame(typed, ['p'])
  t.strictSame(modes, [true, false, false])
  t.equal(process.listenerCount('exit'), exits)
  t.equal(Keys.listen({ isTTY: false }, { press: () => {} }), undefined)
})

t.test('a job in the background leaves the terminal alone', async t => {
  t.ok(isForeground('1234 (node (x) y) S 1 777 777 34816 777 4194304'))
  t.notOk(isForeground('1234 (node) S 1 777 700 34816 888 4194304'))
  t.ok(isForeground(''), 'where the system does not say')
})

t.test('plain lines: one when something begins and ends, and one every five seconds', async t => {
  const said: string[] = []
  const show = plainLines(line => said.push(line))
  const making = (done: number, atMs: number) =>
    snapshotAt(0, { ...{ atMs, state: 'preparing', stage: 'making RSA keys', phase: undefined }, making: { done, total: 9 } })
  show(making(1, 0))
  show(making(5, 1000))
  for (let second = 2; second <= 12; second++) show(snapshotAt(second))
  show(snapshotAt(13, { state: 'paused' }))
  show(snapshotAt(14, { state: 'paused' }))
  show(snapshotAt(15, { state: 'ended' }))
  t.match(said, [
    'making RSA keys: 1 of 9',
    'making RSA keys: 5 of 9',
    /^phase 2 of 2, reboot storm: 60 of 2000, \d+ failed, 31 open, 402\/s, p50 42 ms, p99 12 s$/,
    /: 210 of 2000/,
    /: 360 of 2000/,
    /^phase 2 of 2, reboot storm \(paused\): 390/,
    /\(paused\): 420/,
  ])
})
