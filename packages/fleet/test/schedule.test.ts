import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Pace } from '../src/pace.ts'
import { runSchedule as runPaced, type ScheduleInit, type Start } from '../src/schedule.ts'
import { range } from './fleet-options.ts'

const { signal: never } = new AbortController()

/** As planned, from now on. */
const runSchedule = <T>(init: Omit<ScheduleInit<T>, 'pace'>) => runPaced({ pace: new Pace(performance.now()), ...init })

/** Starts every `stepMs` from the beginning on. */
const every = (stepMs: number, count: number): Start<number>[] => range(count).map(item => ({ item, dueMs: item * stepMs }))

/** One promise that the test resolves. */
const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: () => resolve() }
}

/** Watches how many run at once, and in which order they started. */
class Watch {
  readonly started: number[] = []
  running = 0
  most = 0

  readonly around =
    (work: () => Promise<unknown>) =>
    async ({ item }: Start<number>) => {
      this.started.push(item)
      this.most = Math.max(this.most, ++this.running)
      await work()
      this.running--
    }
}

t.test('open model: starts go on while every session before them hangs', async t => {
  const stall = gate()
  const watch = new Watch()
  const run = (start: Start<number>) => {
    // The server is back only when everything has been started: who waits for it never gets here.
    if (start.item === 49) stall.open()
    return watch.around(() => stall.promise)(start)
  }
  await runSchedule({ starts: every(1, 50), concurrency: undefined, run, signal: never })
  t.strictSame(watch.started, range(50))
  t.equal(watch.most, 50, 'all hung at once')
  t.equal(watch.running, 0, 'and the schedule ended when the last had')
})

t.test('open model: a stalled server shows in the latency of everything that was due meanwhile', async t => {
  const stall = gate()
  const starts = every(2, 30)
  const ended = new Map<number, number>()
  const stalledUntil = delay(150).then(() => {
    stall.open()
    return performance.now()
  })
  const run = async ({ item }: Start<number>) => {
    await stall.promise
    ended.set(item, performance.now())
  }
  await runSchedule({ starts, concurrency: undefined, run, signal: never })
  const until = await stalledUntil
  for (const { item, dueMs } of starts) {
    const [scheduledMs, ownPartMs] = [ended.get(item)! - dueMs, until - dueMs]
    t.ok(scheduledMs >= ownPartMs - 5, `session ${item} waited for its part of the stall`)
  }
})

t.test('open model: where the generator itself lags, due times stay, so that the lag counts', async t => {
  const starts = every(5, 20)
  const startedMs: number[] = []
  let blockedUntil = 0
  const run = async ({ item }: Start<number>) => {
    startedMs.push(performance.now())
    if (item > 0) return
    // Nothing else runs meanwhile.
    while (performance.now() < starts[0]!.dueMs + 60) {}
    blockedUntil = performance.now()
  }
  await runSchedule({ starts, concurrency: undefined, run, signal: never })
  for (const [item, { dueMs }] of starts.entries()) {
    t.ok(startedMs[item]! >= dueMs - 1, `${item} not before it is due`)
    if (item > 0 && dueMs < blockedUntil)
      t.ok(startedMs[item]! - dueMs >= blockedUntil - dueMs, `${item} is late by what was left of the lag`)
  }
  t.ok(starts.filter(({ dueMs }) => dueMs < blockedUntil).length > 10)
})

t.test('open model: what is overdue starts in turns of the event loop, not all in one', async t => {
  const turns: number[] = []
  let turn = 0
  const counter = setInterval(() => {}, 1)
  const count = () => {
    turn++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  const run = async () => void turns.push(turn)
  const starts = range(320).map(item => ({ item, dueMs: 0 }))
  await runSchedule({ starts, concurrency: undefined, run, signal: never })
  clearImmediate(immediate)
  clearInterval(counter)
  const most = Math.max(...Object.values(Object.groupBy(turns, String)).map(inTurn => inTurn!.length))
  t.ok(most <= 32, `at most ${most} in one turn`)
})

t.test('closed model: never more at once than allowed, as many as allowed, started in order', async t => {
  for (const concurrency of [1, 3, 40]) {
    const watch = new Watch()
    const run = watch.around(() => new Promise(setImmediate))
    await runSchedule({ starts: every(1, 100), concurrency, run, signal: never })
    t.equal(watch.most, concurrency)
    t.strictSame(watch.started, range(100))
  }
})

t.test('closed model: nothing starts before the schedule begins, and a stop ends the wait for it', async t => {
  const beginsMs = performance.now() + 120
  let startedMs = 0
  const run = async () => {
    startedMs ||= performance.now()
  }
  const starts = every(0, 2)
  await runPaced({ pace: new Pace(beginsMs), starts, concurrency: 2, run, signal: never })
  t.ok(startedMs >= beginsMs - 2, `${beginsMs - startedMs} ms before`)
  const controller = new AbortController()
  const over = runPaced({ pace: new Pace(performance.now() + 3_600_000), starts, concurrency: 2, run, signal: controller.signal })
  startedMs = 0
  controller.abort()
  await over
  t.equal(startedMs, 0)
})

t.test('closed model: each is due when its place is free, whatever the schedule says', async t => {
  const dues: number[] = []
  const before = performance.now()
  const run = async ({ dueMs }: Start<number>) => {
    dues.push(dueMs)
    await delay(2)
  }
  const starts = range(10).map(item => ({ item, dueMs: 0 }))
  await runSchedule({ starts, concurrency: 2, run, signal: never })
  t.ok(dues.every(dueMs => dueMs >= before))
  t.ok(dues[9]! - dues[0]! >= 4, 'the last was due when those before it had ended')
})

t.test('after a stop nothing starts, and what runs is waited for', async t => {
  for (const concurrency of [undefined, 4]) {
    const hang = gate()
    const controller = new AbortController()
    const watch = new Watch()
    const run = (start: Start<number>) => {
      if (start.item === 3) controller.abort()
      return watch.around(() => hang.promise)(start)
    }
    let isOver = false
    const over = runSchedule({ starts: every(1, 1000), concurrency, run, signal: controller.signal }).then(() => {
      isOver = true
    })
    await delay(20)
    t.strictSame(watch.started, [0, 1, 2, 3], `concurrency ${concurrency}`)
    t.equal(isOver, false, 'four are running')
    hang.open()
    await over
    t.equal(watch.running, 0)
  }
})

t.test('a stop ends the wait for the next start at once', async t => {
  const controller = new AbortController()
  const starts = [{ item: 0, dueMs: performance.now() + 3_600_000 }]
  const over = runSchedule({ starts, concurrency: undefined, run: () => t.fail() as never, signal: controller.signal })
  controller.abort()
  await over
})

t.test('a stop before the start starts nothing; an empty schedule is over', async t => {
  const run = () => t.fail('nothing may start') as never
  for (const concurrency of [undefined, 4]) {
    await runSchedule({ starts: every(0, 10), concurrency, run, signal: AbortSignal.abort() })
    await runSchedule({ starts: [], concurrency, run, signal: never })
  }
  t.pass('both are over')
})

t.test('a hundred thousand starts: no further is looked ahead than what runs', async t => {
  const COUNT = 100_000
  for (const concurrency of [undefined, 32]) {
    let [taken, ended, ahead] = [0, 0, 0]
    const starts = (function* () {
      for (let item = 0; item < COUNT; item++) {
        ahead = Math.max(ahead, ++taken - ended)
        yield { item, dueMs: 0 }
      }
    })()
    const run = async () => {
      await undefined
      ended++
    }
    await runSchedule({ starts, concurrency, run, signal: never })
    t.equal(ended, COUNT)
    t.ok(ahead <= 33, `${ahead} taken and not ended`)
  }
})

t.test('a pause starts nothing, and makes nothing late', async t => {
  const pace = new Pace(performance.now())
  const due: number[] = []
  const run = async ({ item, dueMs }: Start<number>) => {
    due.push(dueMs)
    if (item === 4) {
      pace.change({ factor: 1, paused: true })
      setTimeout(() => pace.change({ factor: 1, paused: false }), 120).unref()
    }
  }
  const before = performance.now()
  const keepAlive = setInterval(() => {}, 20)
  await runPaced({ starts: every(2, 20), concurrency: undefined, run, signal: never, pace })
  clearInterval(keepAlive)
  t.equal(due.length, 20)
  t.ok(performance.now() - before >= 118, 'the pause was kept')
  const [last, next] = due.slice(4, 6) as [number, number]
  t.ok(next - last >= 118, `the first after it is due ${next - last} ms after the last before it, of which 2 are planned`)
})

t.test('twice as fast, everything is due at half of the time', async t => {
  const pace = new Pace(0, { wanted: { factor: 2, paused: false } })
  t.equal(pace.realMs(1_000), 500)
  pace.change({ factor: 1, paused: true })
  t.equal(pace.realMs(1e9), Number.POSITIVE_INFINITY)
  const stoodAt = pace.scheduleMs
  t.equal(pace.scheduleMs, stoodAt, 'it stands still')
})

t.test('what cannot start when it is due is left out, not made up for', async t => {
  const started: number[] = []
  const mayStart = (item: number) => item % 3 !== 0
  const run = async ({ item }: Start<number>) => void started.push(item)
  await runSchedule({ starts: every(0, 7), concurrency: undefined, mayStart, run, signal: never })
  t.strictSame(started, [1, 2, 4, 5])
})

t.test('nothing is started after the time of the phase, in either model', async t => {
  for (const concurrency of [undefined, 2]) {
    let [started, lastMs] = [0, 0]
    const before = performance.now()
    const run = async () => {
      started++
      lastMs = performance.now() - before
      await delay(1)
    }
    await runSchedule({ starts: every(5, 100_000), concurrency, untilMs: 60, run, signal: never })
    t.ok(started > 1 && started < 200, `${started}`)
    t.ok(lastMs < 200, `the last began after ${lastMs} ms`)
  }
})

t.test('closed model: who comes again waits behind those that were not there yet, and thinks before', async t => {
  const order: string[] = []
  const run = async ({ item }: Start<string>) => {
    order.push(item)
    await delay(1)
  }
  const next = (item: string) => (item.length < 3 ? { item: `${item}${item[0]}`, afterMs: item[0] === 'a' ? 30 : 0 } : undefined)
  const starts = ['a', 'b', 'c'].map(item => ({ item, dueMs: 0 }))
  await runSchedule({ starts, concurrency: 2, next, run, signal: never })
  t.strictSame(order.slice(0, 3), ['a', 'b', 'c'])
  t.strictSame(order.toSorted(), ['a', 'aa', 'aaa', 'b', 'bb', 'bbb', 'c', 'cc', 'ccc'])
  t.strictSame(order.at(-1), 'aaa', 'thinking took it to the end')
})

t.test('closed model: twice the pace is twice as many at once; a stop ends those that think', async t => {
  const pace = new Pace(performance.now(), { wanted: { factor: 2, paused: false } })
  const watch = new Watch()
  const run = watch.around(() => new Promise(setImmediate))
  await runPaced({ starts: every(1, 40), concurrency: 3, run, signal: never, pace })
  t.equal(watch.most, 6)
  const controller = new AbortController()
  const next = (item: number) => {
    setImmediate(() => controller.abort())
    return { item, afterMs: 3_600_000 }
  }
  await runSchedule({ starts: every(1, 1), concurrency: 1, next, run: async () => {}, signal: controller.signal })
  t.pass('it is over')
})
