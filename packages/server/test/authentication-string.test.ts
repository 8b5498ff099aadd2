import t from 'tap'
import { later } from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

/** One try with a string; what happens after the string was believed is as ordered. */
const attempt = async (server: Serving, deviceName: string, password?: string): Promise<number> => {
  const phone = await server.phone()
  await phone.greet(deviceName, password === undefined ? {} : { password })
  return obey(phone)
}

// [CAPF-4.1]
t.test('by null string the name is enough, and whatever else a phone shows is not looked at', async t => {
  const server = await serve(t)
  t.equal(await server.session(await server.device()), 1)
  t.equal(await attempt(server, await server.device(), 'whatever'), 1)
})

// [CAPF-4.2]
t.test('by string: the right one, and nothing near it, each operation with its number', async t => {
  const server = await serve(t)
  const wrong = [undefined, '', '1', '12345', '1234567', '123457', '023456', '123456 ', '１２３４５６']
  for (const [operation, failed, done] of [
    ['install', 10, 3],
    ['delete', 19, 4],
    ['troubleshoot', 28, 5],
  ] as const) {
    for (const password of wrong) {
      const name = await server.device({ operation, authMode: 'string', authString: '123456' })
      t.equal(await attempt(server, name, password), 7, `${operation} ${JSON.stringify(password)}`)
      t.match(await server.row(name), { operation, status: failed, authString: '123456' })
      t.match(await server.summary(name), { status: 'CAPF_OP_FAIL_INVALID_AUTH_STR', state: 'AWAIT_DEVICE_RESP' })
    }
    const name = await server.device({ operation, authMode: 'string', authString: '123456' })
    t.equal(await attempt(server, name, '123456'), operation === 'troubleshoot' ? 0 : 1)
    t.match(await server.row(name), { operation: 'none', status: done, authString: undefined })
  }
})

t.test('the summary says what was wrong with the string, never the string', async t => {
  const server = await serve(t)
  const details: unknown[] = []
  for (const [authString, password] of [
    ['123456', '654321'],
    ['123456', ''],
    [undefined, '123456'],
  ] as const) {
    const name = await server.device({ authMode: 'string', authString })
    await attempt(server, name, password)
    details.push((await server.summary(name)).detail)
  }
  t.strictSame(details, [
    'wrong authentication string',
    'no authentication string was sent',
    'no authentication string is set for this device, or it was used',
  ])
})

t.test('a string is good for one operation, unless it is configured to stay', async t => {
  const once = await serve(t)
  const name = await once.device({ authMode: 'string', authString: '123456' })
  t.equal(await attempt(once, name, '123456'), 1)
  await once.store.change(name, { operation: 'delete' })
  t.equal(await attempt(once, name, '123456'), 7, 'used')
  t.match(await once.row(name), { operation: 'delete', status: 19 })
  await once.store.change(name, { authString: '777777' })
  t.equal(await attempt(once, name, '777777'), 1, 'a new one')

  const stays = await serve(t, { options: { oneTimeAuthString: false } })
  const other = await stays.device({ authMode: 'string', authString: '123456' })
  t.equal(await attempt(stays, other, '123456'), 1)
  await stays.store.change(other, { operation: 'delete' })
  t.equal(await attempt(stays, other, '123456'), 1)
})

t.test('ten wrong strings lock the device for ten minutes, the right string included', async t => {
  const server = await serve(t)
  const name = await server.device({ authMode: 'string', authString: '123456' })
  for (let count = 1; count < 10; count++) {
    await attempt(server, name, '000000')
    t.match(await server.row(name), { failedAttempts: count, lockedUntilMs: 0, status: 10 }, `${count} wrong`)
  }
  await attempt(server, name, '000000')
  t.match(await server.row(name), { failedAttempts: 0, lockedUntilMs: later(600_000).getTime() })

  t.equal(await attempt(server, name, '123456'), 7, 'right, but locked')
  t.match(await server.row(name), { operation: 'install', status: 10, failedAttempts: 0 })
  t.match(await server.summary(name), { detail: 'locked after too many wrong authentication strings' })
  t.equal(await attempt(server, name, '000000'), 7)
  t.match(await server.row(name), { failedAttempts: 0, lockedUntilMs: later(600_000).getTime() }, 'the lock does not grow')

  server.clock.now = later(599_999)
  t.equal(await attempt(server, name, '123456'), 7, 'a millisecond before')
  server.clock.now = later(600_000)
  t.equal(await attempt(server, name, '123456'), 1, 'ten minutes later')
  t.match(await server.row(name), { operation: 'none', status: 3, failedAttempts: 0, lockedUntilMs: 0 })
})

t.test('a success forgets the wrong strings before it; a string that is missing is none', async t => {
  const server = await serve(t, { options: { maxAuthAttempts: 3, oneTimeAuthString: false } })
  const name = await server.device({ authMode: 'string', authString: '123456' })
  for (let missing = 0; missing < 5; missing++) await attempt(server, name, '')
  t.match(await server.row(name), { failedAttempts: 0, lockedUntilMs: 0 })
  for (const round of [1, 2]) {
    await attempt(server, name, '1')
    await attempt(server, name, '2')
    t.equal(await attempt(server, name, '123456'), 1, `round ${round}`)
    await server.store.change(name, { operation: 'install' })
  }
})

t.test('strings cannot be tried side by side past the lock', async t => {
  const server = await serve(t, { options: { maxAuthAttempts: 3 } })
  const name = await server.device({ authMode: 'string', authString: '123456' })
  const guesses = Array.from({ length: 30 }, (_, index) => String(index).padStart(6, '0'))
  await Promise.all(guesses.map(guess => attempt(server, name, guess)))
  const wrong = server.summaries.filter(({ detail }) => detail === 'wrong authentication string').length
  t.ok(wrong <= 3, `${wrong} of 30 guesses were looked at`)
})

t.test('an order of the administrator lifts the lock', async t => {
  const server = await serve(t, { options: { maxAuthAttempts: 1 } })
  const name = await server.device({ authMode: 'string', authString: '123456' })
  await attempt(server, name, '1')
  t.equal(await attempt(server, name, '123456'), 7)
  await server.store.change(name, { operation: 'install' })
  t.equal(await attempt(server, name, '123456'), 1)
})
