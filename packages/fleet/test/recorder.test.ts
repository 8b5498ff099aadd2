import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from '@capfkit/codec/capf'
import { RUN_FORMAT, RUN_VERSION, type RunEntry, RunReader } from '@capfkit/codec/run'
import t from 'tap'
import type { FleetError } from '../src/index.ts'
import { Recorder } from '../src/recording/recorder.ts'
import { blottedOut, SessionTape } from '../src/recording/session-tape.ts'

const HEADER: RunEntry & { kind: 'header' } = {
  kind: 'header',
  ...{ format: RUN_FORMAT, version: RUN_VERSION, startedMs: 0, part: 'client', process: 0, processes: 1, seed: 1 },
  ...{ options: [], target: '127.0.0.1:1', phones: 1, rounds: [], phases: [], operations: [] },
}

const round = (number: number): RunEntry => ({ kind: 'round', number, startMs: 0 })

const numbersIn = (file: string) =>
  new RunReader(file).push(readFileSync(file)).flatMap(entry => (entry.kind === 'round' ? [entry.number] : []))

t.test('what was added is in the file after a flush, in order, and the rest when it is closed', async t => {
  const file = join(t.testdir(), 'part-0.capfrun')
  let asked = 100
  const onFailure = (error: FleetError) => t.fail(error.message)
  const recorder = await Recorder.open({ file, header: HEADER, beforeFlush: () => round(asked++), onFailure })
  t.match(new RunReader(file).push(readFileSync(file)), [{ kind: 'header' }], 'the header is there at once')
  recorder.add(round(1))
  recorder.add(round(2))
  await Promise.all([recorder.flush(), recorder.flush()])
  t.strictSame(numbersIn(file).slice(0, 3), [1, 2, 100])
  recorder.add(round(3))
  await recorder[Symbol.asyncDispose]()
  t.strictSame(
    numbersIn(file).filter(number => number < 100),
    [1, 2, 3],
  )
})

t.test('a full disk is told once, and nothing throws', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, async t => {
  const told: FleetError[] = []
  await t.rejects(Recorder.open({ file: '/dev/full', header: HEADER, onFailure: () => {} }), {
    code: 'FLEET_RECORDING',
    message: /no space left.*make room on the disk/,
  })
  const file = join(t.testdir(), 'part-0.capfrun')
  const recorder = await Recorder.open({ file, header: HEADER, onFailure: error => told.push(error) })
  // Far more than may wait for one second.
  for (let number = 0; number < 100_002; number++) recorder.add(round(number))
  await recorder.flush()
  await recorder[Symbol.asyncDispose]()
  t.equal(told.length, 1)
  t.match(told[0], { code: 'FLEET_RECORDING', where: file, message: /the disk does not keep up/ })
  t.match(new RunReader(file).push(readFileSync(file)), [{ kind: 'header' }], 'the file can be read')
})

t.test('a tape keeps the last writes up to its bound, and says how many it let go', async t => {
  let nowMs = 1000
  const tape = new SessionTape(() => nowMs)
  for (let index = 0; index < 10; index++) {
    nowMs += 5
    tape.hear('server', Buffer.alloc(10_000, index))
  }
  const { frames, dropped } = tape.take(1000)
  t.strictSame(
    frames.map(({ atMs, data }) => [atMs, data[0]]),
    [
      [40, 7],
      [45, 8],
      [50, 9],
    ],
  )
  t.equal(dropped, 7)
  t.strictSame(tape.take(0), { frames: [], dropped: 0 }, 'taken is taken')
  tape.hear('server', Buffer.alloc(100_000))
  t.equal(tape.take(0).frames.length, 1, 'one that is too large alone is kept')
})

t.test('an authentication string is blotted out byte for byte, and nothing else is changed', async t => {
  const answer = (password: string) =>
    encode({ name: 'AUTH_RESPONSE', sessionId: 7, version: 3, deviceName: 'SEP001122334455', password })
  for (const [password, stars] of [
    ['8675309', '*******'],
    ['grün€', '********'],
    ['', ''],
  ] as const)
    t.strictSame(blottedOut(answer(password)), answer(stars), password)
  const others = [
    encode({ name: 'AUTH_RESPONSE', sessionId: 7, version: 3, deviceName: 'SEP001122334455' }),
    encode({ name: 'REQUEST_IN_PROGRESS', sessionId: 7 }),
  ]
  for (const frame of others) t.equal(blottedOut(frame), frame)
  t.equal(blottedOut(answer('8675309').subarray(0, 30)).length, 0, 'part of a frame may be part of the string')
})
