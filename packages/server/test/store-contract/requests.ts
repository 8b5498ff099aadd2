import type { Test } from 'tap'
import {
  type KeptRequest,
  MAX_SUPERSEDED,
  type NewRequest,
  type RequestFilter,
  type RequestStore,
} from '../../src/store/requests.ts'
import { failure, NAME, type OpenStore, prepared, START_MS, success } from './prepared.ts'

const CERTIFICATE = Buffer.from('3082cafe', 'hex')

const request = (given: Partial<NewRequest> = {}): NewRequest => ({
  deviceName: NAME,
  csrDer: Buffer.from('30820102', 'hex'),
  keyId: 'aa',
  createdMs: START_MS,
  ...given,
})

const listed = async (requests: RequestStore, filter?: RequestFilter): Promise<KeptRequest[]> => {
  const found: KeptRequest[] = []
  for await (const kept of requests.list(filter)) found.push(kept)
  return found
}

/** `id state`, in the order of the list. */
const states = async (requests: RequestStore): Promise<string[]> =>
  (await listed(requests)).map(({ id, state }) => `${id} ${state}`)

export const requests = (t: Test, open: OpenStore): void => {
  t.test('a request comes out as it was put in, under the name that the row has', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const { requests } = store
    const id = await requests.keep(request({ deviceName: NAME.toLowerCase(), dueMs: START_MS + 5 }))
    const expected: KeptRequest = {
      ...request(),
      id: id!,
      state: 'waiting',
      dueMs: START_MS + 5,
      isUndecided: false,
      certificateDer: undefined,
    }
    t.strictSame(await requests.current(NAME.toLowerCase()), expected)
    t.strictSame(await listed(requests), [expected])
    t.strictSame(await requests.withKey('aa'), [expected])
    t.strictSame(await requests.withKey('bb'), [])
  })

  t.test('a device that is not there has no requests', async t => {
    const { store } = await prepared(t, open)
    t.equal(await store.requests.keep(request()), undefined)
    t.equal(await store.requests.current(NAME), undefined)
    t.equal(await store.requests.count(), 0)
    t.equal(await store.requests.remove(1), false)
    t.equal(await store.requests.answer(1, CERTIFICATE), undefined)
  })

  t.test('a newer request supersedes the older one, and an answer to the older one is stale', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const { requests } = store
    const first = (await requests.keep(request({ keyId: 'aa' })))!
    const second = (await requests.keep(request({ keyId: 'bb' })))!
    t.strictSame(await states(requests), [`${first} superseded`, `${second} waiting`])
    t.match(await requests.current(NAME), { id: second })
    t.equal(await requests.answer(first, CERTIFICATE), 'stale')
    t.equal(await requests.answer(second, CERTIFICATE), 'issued')
    t.equal(await requests.answer(second, CERTIFICATE), undefined, 'a second answer changes nothing')
    t.strictSame(await states(requests), [`${first} stale`, `${second} issued`])
    t.strictSame((await requests.current(NAME))?.certificateDer, CERTIFICATE)
    t.strictSame(await requests.withKey('aa'), [], 'what has its certificate waits for none')

    const third = (await requests.keep(request({ keyId: 'cc' })))!
    t.strictSame(await states(requests), [`${first} stale`, `${second} stale`, `${third} waiting`])
  })

  t.test('the CA did not answer: the phone may begin anew, a late answer is taken', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const { requests } = store
    const id = (await requests.keep(request({ dueMs: START_MS })))!
    await requests.giveUp(id)
    t.match(await requests.current(NAME), { state: 'unanswered', dueMs: undefined })
    t.equal(await requests.takeDue({ nowMs: START_MS, untilMs: START_MS }), undefined, 'nobody asks again')
    t.equal(await requests.answer(id, CERTIFICATE), 'issued')

    const other = (await requests.keep(request({ keyId: 'bb' })))!
    await requests.keep(request({ keyId: 'cc' }))
    await requests.giveUp(other)
    t.equal(await requests.answer(other, CERTIFICATE), 'stale', 'what is superseded stays so')
  })

  t.test('what the CA has not decided on is asked for again, whatever became of it', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const { requests } = store
    const take = () => requests.takeDue({ nowMs: START_MS + 10, untilMs: START_MS + 1000 })
    const late = (await requests.keep(request({ keyId: 'aa', dueMs: START_MS })))!
    await requests.giveUp(late)
    await requests.postpone(late, START_MS + 10)
    t.match(await requests.current(NAME), { id: late, state: 'waiting', isUndecided: true }, 'a late answer is one')
    await requests.keep(request({ keyId: 'bb' }))
    t.match(await take(), { id: late, state: 'superseded', isUndecided: true, dueMs: START_MS + 1000 })
    t.equal(await take(), undefined)
    await requests.postpone(late, START_MS + 10)
    t.match(await take(), { id: late, state: 'superseded' })
    t.equal(await requests.answer(late, CERTIFICATE), 'stale')
    await requests.postpone(late, START_MS + 10)
    t.equal(await take(), undefined, 'what has its certificate is not asked for')
    t.match((await listed(requests))[0], { id: late, state: 'stale', dueMs: undefined })
  })

  t.test('a due request is taken once, the longest due first, and superseded ones that the CA may not have never', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    await store.add([{ name: 'SEP2' }, { name: 'SEP3' }])
    const { requests } = store
    const late = await requests.keep(request({ dueMs: START_MS + 20 }))
    const early = await requests.keep(request({ deviceName: 'SEP2', dueMs: START_MS + 10 }))
    await requests.keep(request({ deviceName: 'SEP3', dueMs: START_MS + 1 }))
    const newer = await requests.keep(request({ deviceName: 'SEP3' }))
    const take = (nowMs: number) => requests.takeDue({ nowMs, untilMs: nowMs + 1000 })
    t.equal(await take(START_MS + 9), undefined)
    t.match(await take(START_MS + 30), { id: early, deviceName: 'SEP2', dueMs: START_MS + 1030 })
    t.match(await take(START_MS + 31), { id: late })
    t.equal(await take(START_MS + 31), undefined)
    t.match(await take(START_MS + 1030), { id: early }, 'again when that time is over')
    await requests.postpone(early!, START_MS + 9_000)
    await requests.answer(late!, CERTIFICATE)
    t.equal(await take(START_MS + 8_999), undefined)
    t.match(await take(START_MS + 9_000), { id: early })
    t.match(await requests.current('SEP3'), { id: newer, dueMs: undefined })
  })

  t.test('a new order supersedes the request, whatever else changes in a row does not', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const { requests } = store
    const id = (await requests.keep(request()))!
    await store.change(NAME, { authMode: 'string', authString: '1234' })
    t.match(await requests.current(NAME), { id, state: 'waiting' })
    await store.change(NAME.toLowerCase(), { operation: 'install' })
    t.equal(await requests.current(NAME), undefined)
    t.equal(await requests.answer(id, CERTIFICATE), 'stale')
  })

  t.test('requests go with their device', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    await store.add([{ name: 'SEP2' }])
    await store.requests.keep(request())
    await store.requests.keep(request({ keyId: 'bb' }))
    const other = await store.requests.keep(request({ deviceName: 'SEP2' }))
    await store.remove(NAME.toLowerCase())
    t.strictSame(await states(store.requests), [`${other} waiting`])
    await store.add([{ name: 'sep2' }], { replace: true })
    t.equal(await store.requests.count(), 0)
  })

  t.test('an outcome ends its request: done with, or superseded by a phone that did not take it', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add()
    const { requests } = store
    const first = (await requests.keep(request()))!
    await requests.answer(first, CERTIFICATE)
    await store.claim(lease('a'))
    t.equal(await store.settle(lease('x'), { ...success, request: { id: first, becomes: 'done' } }), false)
    t.match(await requests.current(NAME), { id: first }, 'who has no lease ends nothing')
    await store.settle(lease('a'), { ...failure, request: { id: first, becomes: 'superseded' } })
    t.strictSame(await states(requests), [`${first} stale`])

    const second = (await requests.keep(request({ keyId: 'bb' })))!
    await store.claim(lease('b'))
    await store.settle(lease('b'), { ...success, request: { id: second, becomes: 'done' } })
    t.strictSame(await states(requests), [`${first} stale`])
    t.match(await store.get(NAME), { operation: 'none', status: 3 })
  })

  t.test('a device that comes again and again leaves a bounded number of requests', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    const ids: (number | undefined)[] = []
    for (let round = 0; round < MAX_SUPERSEDED + 5; round++) ids.push(await store.requests.keep(request({ keyId: String(round) })))
    t.equal(await store.requests.count(), MAX_SUPERSEDED + 1)
    t.equal((await listed(store.requests))[0]?.id, ids.at(-MAX_SUPERSEDED - 1), 'the oldest are forgotten')
  })

  t.test('lists come in the order of the requests, past one page, and filtered', async t => {
    const { store } = await prepared(t, open)
    const names = Array.from({ length: 450 }, (_, index) => `SEP${String(index).padStart(12, '0')}`)
    await store.add(names.map(name => ({ name })))
    for (const [index, deviceName] of names.entries()) {
      const id = await store.requests.keep(request({ deviceName }))
      if (index % 3 === 0) await store.requests.answer(id!, CERTIFICATE)
    }
    t.strictSame(
      (await listed(store.requests)).map(({ deviceName }) => deviceName),
      names,
    )
    t.equal(await store.requests.count({ states: ['issued'] }), 150)
    t.equal(await store.requests.count({ states: ['issued', 'waiting'], like: '%0' }), 45)
    t.equal((await listed(store.requests, { like: 'sep%', states: ['waiting'] })).length, 300)
    t.equal(await store.requests.count({ states: ['stale'] }), 0)
    t.equal(await store.requests.count({ states: [] }), 0)
  })

  t.test('what was read is a copy', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    await store.requests.keep(request())
    const read = [await store.requests.current(NAME), ...(await listed(store.requests))]
    for (const kept of read) kept!.state = 'stale'
    t.match(await store.requests.current(NAME), { state: 'waiting' })
  })
}
