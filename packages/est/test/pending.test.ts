import { setTimeout as delay } from 'node:timers/promises'
import { parseCertificate, parseCsr } from '@capfkit/pki'
import t from 'tap'
import { Turns } from '../src/authority/turns.ts'
import { type Authority, AuthorityError, type EnrolAnswer, embeddedAuthority } from '../src/index.ts'
import { ca, now, request, serve } from './world.ts'

const inner = embeddedAuthority({ ca, now })

/** A CA that answers what a test tells it, and remembers what it was asked. */
const toldAuthority = (answer: (call: number, csrDer: Buffer) => Promise<EnrolAnswer> | EnrolAnswer) => {
  const references: (string | undefined)[] = []
  const authority: Authority = {
    ...inner,
    enrol: async (csrDer, { reference }) => {
      references.push(reference)
      return answer(references.length, csrDer)
    },
  }
  return { authority, references }
}

const FAST = { minRetryAfterMs: 10, maxRetryAfterMs: 10 }

t.test('a request that is not decided: 202 with a time, and the same one again until it is', async t => {
  const { authority, references } = toldAuthority((call, csrDer) =>
    call < 3
      ? { status: 'pending', reference: '17', retryAfterMs: 1_500 }
      : inner.enrol(csrDer, { signal: new AbortController().signal } as never),
  )
  const { clientOf, server, seen } = await serve(t, { authority })
  const client = clientOf({ options: FAST })
  const { csr, keyPair } = await request()
  await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING', status: 202, retryAfterMs: 2_000 }, 'whole seconds, rounded up')
  t.equal(server.pending, 1)
  const { certificateDer } = await client.simpleEnroll(csr, { waitMs: 5_000 })
  t.strictSame(parseCertificate(certificateDer).publicKeyDer, keyPair.publicKeyDer)
  t.strictSame(references, [undefined, '17', '17'], 'the CA is told what it said')
  t.equal(server.pending, 0)
  t.match(
    seen.find(({ status }) => status === 202),
    { bytes: 0, why: 'pending' },
  )
})

t.test('what the server says about time is kept within reason, and the caller may end the waiting', async t => {
  const { authority, references } = toldAuthority(() => ({ status: 'pending', retryAfterMs: 172_800_000 }))
  const { clientOf } = await serve(t, { authority })
  const { csr } = await request()
  const client = clientOf({ options: FAST })
  await t.rejects(client.simpleEnroll(csr, { waitMs: 100 }), { code: 'EST_PENDING' })
  t.ok(references.length > 2, `asked ${references.length} times in 100 ms`)
  const controller = new AbortController()
  const waiting = clientOf({ options: { minRetryAfterMs: 60_000 } }).simpleEnroll(csr, {
    waitMs: 600_000,
    signal: controller.signal,
  })
  const asked = references.length
  while (references.length === asked) await delay(1)
  controller.abort()
  await t.rejects(waiting, { code: 'EST_ABORTED' })
})

t.test('a CA that is slow: the client is told to come back, and the CA is asked once', async t => {
  const answered = Promise.withResolvers<void>()
  const { authority, references } = toldAuthority(async (_, csrDer) => {
    await answered.promise
    return inner.enrol(csrDer, { signal: new AbortController().signal } as never)
  })
  const { clientOf, server } = await serve(t, { authority, options: { answerTimeoutMs: 30 } })
  const { csr } = await request()
  const client = clientOf({ options: FAST })
  await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING', retryAfterMs: 60_000 })
  await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING' })
  t.equal(references.length, 1)
  answered.resolve()
  t.ok(await client.simpleEnroll(csr))
  t.equal(references.length, 1, 'its answer was kept')
  t.equal(server.pending, 0)
})

t.test('who went away and comes back gets the certificate that was made meanwhile', async t => {
  const answered = Promise.withResolvers<void>()
  const { authority, references } = toldAuthority(async (_, csrDer) => {
    await answered.promise
    return inner.enrol(csrDer, { signal: new AbortController().signal } as never)
  })
  const { clientOf, server } = await serve(t, { authority })
  const { csr } = await request()
  const hasty = clientOf({ options: { responseTimeoutMs: 50 } })
  await t.rejects(hasty.simpleEnroll(csr), { code: 'EST_READ_TIMEOUT', libest: { name: 'EST_ERR_SSL_READ' } })
  while (server.connections > 0) await delay(1)
  answered.resolve()
  t.equal(server.pending, 1)
  t.ok(await clientOf().simpleEnroll(csr))
  t.strictSame([references.length, server.pending], [1, 0])
})

t.test('another key, another user or another operation is another request', async t => {
  const { authority, references } = toldAuthority(() => ({ status: 'pending', reference: 'x' }))
  const users = new Map([
    ['a', 'p'],
    ['b', 'p'],
  ])
  const { clientOf, server } = await serve(t, { authority, users })
  const [one, two] = [await request(), await request()]
  const [a, b] = [clientOf({ credentials: { user: 'a', password: 'p' } }), clientOf({ credentials: { user: 'b', password: 'p' } })]
  const asks = [
    () => a.simpleEnroll(one.csr),
    () => a.simpleEnroll(two.csr),
    () => b.simpleEnroll(one.csr),
    () => a.serverKeyGen(one.csr),
  ]
  for (const ask of asks) await t.rejects(ask(), { code: 'EST_PENDING' })
  t.equal(server.pending, 4)
  t.ok(references.every(reference => reference === undefined))
})

t.test('a key that the server makes stays the same while its request is not decided', async t => {
  const keys: string[] = []
  const { authority } = toldAuthority((call, csrDer) => {
    keys.push(parseCsr(csrDer).publicKeyDer.toString('hex'))
    return call < 3 ? { status: 'pending' } : inner.enrol(csrDer, { signal: new AbortController().signal } as never)
  })
  const { clientOf } = await serve(t, { authority })
  t.ok(await clientOf({ options: FAST }).serverKeyGen((await request()).csr, { waitMs: 5_000 }))
  t.equal(new Set(keys).size, 1)
  t.equal(keys.length, 3)
})

t.test('no more requests at once than there may be, and old ones are forgotten', async t => {
  let at = now().getTime()
  const { authority } = toldAuthority(() => ({ status: 'pending' }))
  const { clientOf, server } = await serve(t, {
    authority,
    now: () => new Date(at),
    options: { maxPending: 2, pendingTimeoutMs: 60_000 },
  })
  const client = clientOf()
  const ask = async () => client.simpleEnroll((await request()).csr)
  await t.rejects(ask(), { code: 'EST_PENDING' })
  await t.rejects(ask(), { code: 'EST_PENDING' })
  await t.rejects(ask(), { code: 'EST_SERVER_FAILED', status: 503 })
  t.equal(server.pending, 2)
  at += 60_000
  await t.rejects(ask(), { code: 'EST_PENDING' })
  t.equal(server.pending, 1)
})

t.test('answers that nobody has come for make room, the oldest first', async t => {
  let signed = 0
  const gate = Promise.withResolvers<void>()
  const { authority, references } = toldAuthority(async (_, csrDer) => {
    await gate.promise
    const answer = await inner.enrol(csrDer, { signal: new AbortController().signal } as never)
    signed++
    return answer
  })
  const { clientOf, server } = await serve(t, { authority, options: { maxPending: 2, answerTimeoutMs: 20 } })
  const client = clientOf()
  const [first, second, third] = [await request(), await request(), await request()]
  for (const { csr } of [first, second]) await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING' })
  await t.rejects(client.simpleEnroll(third.csr), { code: 'EST_SERVER_FAILED', status: 503 }, 'the CA still has both')
  gate.resolve()
  while (signed < 2) await delay(1)
  t.ok(await client.simpleEnroll(third.csr))
  t.equal(server.pending, 1)
  t.ok(await client.simpleEnroll(second.csr), 'the younger one is there')
  t.equal(references.length, 3)
  t.ok(await client.simpleEnroll(first.csr), 'and the CA is asked anew for the other')
  t.equal(references.length, 4)
})

t.test('a CA that does not let the server in for a while keeps what it has', async t => {
  const { authority, references } = toldAuthority((call, csrDer) => {
    if (call === 1) return { status: 'pending', reference: '17' }
    if (call === 2) return { status: 'unauthorised', message: 'the password has changed' }
    return inner.enrol(csrDer, { signal: new AbortController().signal } as never)
  })
  const { clientOf } = await serve(t, { authority })
  const client = clientOf()
  const { csr } = await request()
  await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING' })
  await t.rejects(client.simpleEnroll(csr), { code: 'EST_AUTH_FAILED' })
  t.ok(await client.simpleEnroll(csr))
  t.strictSame(references, [undefined, '17', '17'])
})

t.test('a CA that says no, or cannot be asked', async t => {
  for (const [what, answer, status, code] of [
    ['no', { status: 'denied', message: 'Denied by Policy Module 0x80094800' }, 403, 'EST_REFUSED'],
    ['whoever asks is not known', { status: 'unauthorised', message: 'no such template' }, 401, 'EST_AUTH_FAILED'],
    ['unreachable', new AuthorityError('caUnreachable', 'connect ECONNREFUSED 10.0.0.1'), 504, 'EST_SERVER_FAILED'],
    ['silent', new AuthorityError('caSilent', '10 s'), 504, 'EST_SERVER_FAILED'],
    ['not understood', new AuthorityError('caMisunderstood', '<html>'), 502, 'EST_SERVER_FAILED'],
    ['broken', new AuthorityError('caFailed', 'x'), 500, 'EST_SERVER_FAILED'],
    ['a mistake in its code', new TypeError('secret of mine'), 500, 'EST_SERVER_FAILED'],
  ] as const) {
    const { authority, references } = toldAuthority(() => {
      if (answer instanceof Error) throw answer
      return answer
    })
    const { clientOf, seen, server } = await serve(t, { authority })
    const { csr } = await request()
    const failed = await clientOf()
      .simpleEnroll(csr)
      .catch(error => error)
    t.match(failed, { status, code }, what)
    t.notMatch(failed.message, /10\.0\.0\.1|secret of mine/, 'what is inside stays inside')
    if (answer instanceof Error) t.match(seen.at(-1)?.detail, answer.message, 'and is in the log')
    await clientOf()
      .simpleEnroll(csr)
      .catch(() => {})
    t.equal(references.length, 2, 'it is asked anew')
    t.equal(server.pending, 0)
  }
})

t.test('a server that stops ends what its CA is at', async t => {
  const ended = Promise.withResolvers<void>()
  const authority: Authority = {
    ...inner,
    enrol: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          ended.resolve()
          reject(signal.reason)
        }),
      ),
  }
  const { clientOf, server } = await serve(t, { authority })
  const asked = clientOf().simpleEnroll((await request()).csr)
  asked.catch(() => {})
  while (server.pending === 0) await delay(1)
  await server.close(0)
  await ended.promise
  await t.rejects(asked, { name: 'EstError' })
})

t.test('so many at once, the others in turn; who leaves the queue is out of it', async t => {
  const turns = new Turns(2)
  const never = new AbortController().signal
  const gates = [1, 2, 3, 4].map(() => Promise.withResolvers<number>())
  let running = 0
  let most = 0
  const calls = gates.map((gate, index) =>
    turns.take(never, async () => {
      most = Math.max(most, ++running)
      await gate.promise
      running -= 1
      return index
    }),
  )
  const leaving = new AbortController()
  const left = turns.take(leaving.signal, async () => t.fail('its turn never came'))
  t.equal(turns.waiting, 3)
  leaving.abort(new Error('enough'))
  await t.rejects(left, /enough/)
  await t.rejects(
    turns.take(AbortSignal.abort(new Error('before')), async () => {}),
    /before/,
  )
  for (const gate of gates) gate.resolve(0)
  t.strictSame(await Promise.all(calls), [0, 1, 2, 3])
  t.strictSame([most, turns.waiting], [2, 0])
  await t.rejects(
    turns.take(never, async () => Promise.reject(new Error('the CA said no'))),
    /the CA said no/,
  )
  t.equal(await turns.take(never, async () => 'still'), 'still')
})
