import type { Test } from 'tap'
import { failure, NAME, type OpenStore, prepared, success } from './prepared.ts'

export const leases = (t: Test, open: OpenStore): void => {
  t.test('of two sessions for one device one gets it, whatever the case of the name', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add()
    const claims = await Promise.all([store.claim(lease('a')), store.claim({ ...lease('b'), name: NAME.toLowerCase() })])
    t.equal(claims.filter(Boolean).length, 1)
    t.strictSame(claims.find(Boolean), await store.get(NAME), 'and the row with it')
  })

  t.test('a device without an order is not to be had', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add({ operation: 'none' })
    t.equal(await store.claim(lease('a')), undefined)
  })

  t.test('a device is free again when its session releases or settles, and by nobody else', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add()
    await store.claim(lease('a'))
    await store.release(lease('b'))
    t.equal(await store.claim(lease('c')), undefined, 'a release with another token is none')
    await store.release(lease('a'))
    t.ok(await store.claim(lease('d')), 'after its release')
    t.equal(await store.settle(lease('d'), failure), true)
    t.ok(await store.claim(lease('e')), 'after its outcome')
  })

  t.test('the leases of a node end with its heartbeats', async t => {
    const { clock, store, live, add, lease } = await prepared(t, open)
    await add()
    await live('two')
    await store.claim(lease('a'))
    clock.ms += 14_000
    await live('two')
    t.equal(await store.claim(lease('b', 'two')), undefined, 'one beat missed')
    clock.ms += 2_000
    await live('two')
    t.ok(await store.claim(lease('b', 'two')), 'dead')
    await live('one')
    t.equal(await store.settle(lease('a'), success), false, 'and its sessions write nothing when it comes back')
    t.match(await store.get(NAME), { operation: 'install', status: 2, certificate: undefined })
    t.equal(await store.settle(lease('b', 'two'), success), true)
  })

  t.test('a node that beats keeps its leases for as long as it likes', async t => {
    const { clock, store, live, add, lease } = await prepared(t, open)
    await add()
    await live('two')
    await store.claim(lease('a'))
    for (let beat = 0; beat < 10; beat++) {
      clock.ms += 5_000
      await live('one')
      await live('two')
      t.equal(await store.claim(lease('b', 'two')), undefined)
    }
    t.equal(await store.settle(lease('a'), success), true)
  })

  t.test('the leases of a node that leaves are free at once', async t => {
    const { store, live, add, lease } = await prepared(t, open)
    await add()
    await live('two')
    await store.claim(lease('a'))
    await store.leave('one')
    t.ok(await store.claim(lease('b', 'two')))
  })

  t.test('when all nodes are known to be gone, every lease is free at once', async t => {
    const { store, live, add, lease } = await prepared(t, open)
    await add()
    await live('two')
    await store.claim(lease('a', 'two'))
    t.equal(await store.claim(lease('b')), undefined)
    await store.leaveAll()
    t.ok(await store.claim(lease('c')))
  })

  t.test('a device that was removed and added again belongs to no session of before', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add()
    await store.claim(lease('a'))
    await store.remove(NAME)
    await add()
    t.equal(await store.settle(lease('a'), success), false)
    t.ok(await store.claim(lease('b')))
  })
}
