import type { Test } from 'tap'
import type { NewDevice } from '../../src/device.ts'
import { NAME, names, type OpenStore, prepared, START_MS, success } from './prepared.ts'

export const rows = (t: Test, open: OpenStore): void => {
  t.test('a new row has the defaults, and an order in it shows as pending', async t => {
    const { store } = await prepared(t, open)
    await store.add([{ name: 'CSFjdoe' }, { name: NAME, operation: 'delete' }])
    t.strictSame(await store.get('CSFjdoe'), {
      name: 'CSFjdoe',
      operation: 'none',
      authMode: 'null',
      authString: undefined,
      keyOrder: 'rsa',
      rsaBits: 2048,
      ecBits: 256,
      status: 1,
      completesBy: undefined,
      failedAttempts: 0,
      lockedUntilMs: 0,
      certificate: undefined,
    })
    t.match(await store.get(NAME), { operation: 'delete', status: 2 })
  })

  t.test('everything that is put into a row comes out of it', async t => {
    const { store } = await prepared(t, open)
    const given: Required<NewDevice> = {
      name: 'BOT_a.b-c',
      operation: 'troubleshoot',
      authMode: 'mic',
      authString: '12345',
      keyOrder: 'ec-preferred',
      rsaBits: 4096,
      ecBits: 521,
      status: 33,
      completesBy: '2026:12:24:18:00',
      failedAttempts: 7,
      lockedUntilMs: START_MS + 600_000,
    }
    await store.add([given])
    t.strictSame(await store.get('BOT_a.b-c'), { ...given, certificate: undefined })
  })

  t.test('names are compared without case and kept as they were given', async t => {
    const { store, add } = await prepared(t, open)
    await add()
    t.equal((await store.get(NAME.toLowerCase()))?.name, NAME)
    t.equal(await store.change(NAME.toLowerCase(), { rsaBits: 3072 }), true)
    t.equal((await store.get(NAME))?.rsaBits, 3072)
    await t.rejects(store.add([{ name: NAME.toLowerCase() }]), { code: 'DEVICE_EXISTS' })
    t.equal((await store.claim({ name: NAME.toLowerCase(), node: 'one', token: 'a' }))?.name, NAME)
    t.equal(await store.remove(NAME.toLowerCase()), true)
    t.equal(await store.get(NAME), undefined)
  })

  t.test('devices are added all or none', async t => {
    const { store } = await prepared(t, open)
    await store.add([{ name: 'SEP000000000001' }])
    await t.rejects(
      store.add([{ name: 'SEP000000000002' }, { name: 'SEP000000000001' }]),
      { code: 'DEVICE_EXISTS' },
      'there already',
    )
    await t.rejects(store.add([{ name: 'SEPA' }, { name: 'sepa' }]), { code: 'DEVICE_EXISTS' }, 'twice in one call')
    for (const name of ['', 'SEP 1', 'SEP1\n', "x'; --", 'Ä', 'a'.repeat(129)])
      await t.rejects(store.add([{ name: 'SEP000000000003' }, { name }]), { code: 'DEVICE_BAD_NAME' }, JSON.stringify(name))
    t.strictSame(await names(store.list()), ['SEP000000000001'])
  })

  t.test('replace writes rows anew, in full, and ends a session that has one of them', async t => {
    const { store, add, lease, row } = await prepared(t, open)
    await add({ authString: '4711', rsaBits: 4096 })
    await store.claim(lease('a'))
    await store.add([{ name: NAME.toLowerCase(), operation: 'delete' }, { name: 'SEPNEW' }], { replace: true })
    t.match(await row(), { name: NAME.toLowerCase(), operation: 'delete', authString: undefined, rsaBits: 2048, status: 2 })
    t.equal(await store.count(), 2)
    t.equal(await store.settle(lease('a'), success), false, 'the session of before writes nothing')
    t.ok(await store.claim(lease('b')), 'and another one may begin')
  })

  t.test('what was read is a copy', async t => {
    const { store, add, lease } = await prepared(t, open)
    await add()
    const read = [await store.get(NAME), await store.claim(lease('a'))]
    for await (const device of store.list()) read.push(device)
    for (const device of read) device!.status = 99
    t.equal((await store.get(NAME))?.status, 2)
  })

  t.test('a device that is not there is no device, and no error', async t => {
    const { store, lease } = await prepared(t, open)
    t.equal(await store.get(NAME), undefined)
    t.equal(await store.change(NAME, { operation: 'install' }), false)
    t.equal(await store.remove(NAME), false)
    t.equal(await store.claim(lease('a')), undefined)
    t.equal(await store.settle(lease('a'), success), false)
    t.resolves(store.release(lease('a')))
    t.equal(await store.count(), 0)
  })

  t.test('an order is pending, and lifts what wrong strings have done', async t => {
    const { store, add, row } = await prepared(t, open)
    await add({ operation: 'none', failedAttempts: 9, lockedUntilMs: START_MS + 1 })
    await store.change(NAME, { authString: '123456' })
    t.match(await row(), { operation: 'none', status: 1, authString: '123456', failedAttempts: 9 }, 'no order: the rest stays')
    await store.change(NAME, { operation: 'install', completesBy: '2026:12:24:18:00' })
    t.match(await row(), { operation: 'install', status: 2, failedAttempts: 0, lockedUntilMs: 0, authString: '123456' })
    await store.change(NAME, { operation: 'none', completesBy: undefined })
    t.match(await row(), { operation: 'none', status: 1, completesBy: undefined }, 'nothing is pending once withdrawn')
    await store.change(NAME, { operation: 'install', status: 13 })
    await store.change(NAME, { operation: 'none' })
    t.match(await row(), { operation: 'none', status: 13 }, 'but how it ended last is still to be seen')
    await store.change(NAME, { operation: 'delete', status: 22 })
    t.match(await row(), { operation: 'delete', status: 22 }, 'a status that is given is taken')
  })
}
