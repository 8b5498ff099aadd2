import type { Test } from 'tap'
import { certificate, failure, NAME, type OpenStore, prepared, START_MS, success } from './prepared.ts'

export const outcomes = (t: Test, open: OpenStore): void => {
  t.test('a fulfilled order becomes none, with status and certificate, in one step', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add({ failedAttempts: 3, lockedUntilMs: 5, authString: '4711' })
    await store.claim(lease('a'))
    t.equal(await store.settle(lease('a'), success), true)
    const after = await row()
    t.match(after, { operation: 'none', status: 3, failedAttempts: 0, lockedUntilMs: 0, authString: '4711' })
    t.strictSame(after.certificate, certificate)
    t.equal(await store.settle(lease('a'), failure), false, 'a lease is good for one outcome')
    t.match(await row(), { operation: 'none', status: 3 })
  })

  t.test('a failed order stays, with the status of its failure', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add({ failedAttempts: 3 })
    await store.claim(lease('a'))
    await store.settle(lease('a'), failure)
    t.match(await row(), { operation: 'install', status: 13, failedAttempts: 3, certificate: undefined })
  })

  t.test('an outcome says what becomes of the certificate: stored, kept, forgotten', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add()
    await store.claim(lease('a'))
    await store.settle(lease('a'), success)

    await store.change(NAME, { operation: 'troubleshoot' })
    await store.claim(lease('b'))
    await store.settle(lease('b'), { operation: 'troubleshoot', status: 5, fulfilled: true })
    t.strictSame((await row()).certificate, certificate, 'kept')

    await store.change(NAME, { operation: 'delete' })
    await store.claim(lease('c'))
    await store.settle(lease('c'), { operation: 'delete', status: 4, fulfilled: true, certificate: undefined })
    t.match(await row(), { operation: 'none', status: 4, certificate: undefined }, 'forgotten')
  })

  t.test('an order that somebody changed meanwhile is theirs: status and order stay', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add()
    await store.claim(lease('a'))
    await store.change(NAME, { operation: 'delete' })
    t.equal(await store.settle(lease('a'), success), true)
    t.match(await row(), { operation: 'delete', status: 2 })
    t.strictSame((await row()).certificate, certificate, 'that the phone has a certificate is true all the same')
  })

  t.test('an authentication string is spent once, and a new one is not spent by the session of the old', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add({ authString: '1111' })
    await store.claim(lease('a'))
    await store.settle(lease('a'), { ...success, spentAuthString: '1111' })
    t.equal((await row()).authString, undefined, 'spent')

    await store.change(NAME, { operation: 'install', authString: '2222' })
    await store.claim(lease('b'))
    await store.change(NAME, { operation: 'delete', authString: '3333' })
    await store.settle(lease('b'), { ...success, spentAuthString: '2222' })
    t.equal((await row()).authString, '3333', 'somebody set another one')

    await store.change(NAME, { operation: 'install', authString: undefined })
    await store.claim(lease('c'))
    await store.settle(lease('c'), { ...success, spentAuthString: undefined })
    t.equal((await row()).authString, undefined)
  })

  t.test('wrong strings are counted and lock; an outcome that says nothing of them leaves them', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add()
    await store.claim(lease('a'))
    await store.settle(lease('a'), { ...failure, status: 10, failedAttempts: 4 })
    t.match(await row(), { status: 10, failedAttempts: 4, lockedUntilMs: 0 })
    await store.claim(lease('b'))
    await store.settle(lease('b'), { ...failure, status: 10, failedAttempts: 0, lockedUntilMs: START_MS + 600_000 })
    t.match(await row(), { failedAttempts: 0, lockedUntilMs: START_MS + 600_000 })
    await store.claim(lease('c'))
    await store.settle(lease('c'), failure)
    t.match(await row(), { status: 13, lockedUntilMs: START_MS + 600_000 })
  })
}
