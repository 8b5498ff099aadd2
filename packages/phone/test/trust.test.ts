import { newCapfCa } from '@capfkit/pki'
import t from 'tap'
import { createTlsProfile, MODELS } from '../src/index.ts'
import { ScriptedServer } from './scripted-server.ts'
import { goodbye, greet, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())
const stranger = await newCapfCa({ now: () => new Date() })

t.test('a server with another certificate hears nothing at all', async t => {
  const phone = world.phone({ trusted: [stranger.certificateDer], authMode: 'string', authString: '987654321' })
  const { result, peer } = await world.session(async peer => {
    peer.say({ name: 'AUTH_REQUEST', version: 3 })
    await peer.closed()
  }, phone)
  t.match(result, { ok: false, messages: [], failure: { code: 'PHONE_UNTRUSTED_SERVER', side: 'server', phase: 'tls' } })
  await peer.closed()
  t.equal(peer.bytesHeard, 0)
  t.match(phone.statusMessages, [{ text: 'LSC: Connection failed' }])
})

t.test('one bit in the certificate makes it another one', async t => {
  const bent = Buffer.from(world.server.certificateDer)
  bent[bent.length - 1] = bent.at(-1)! ^ 1
  const { result } = await world.session(() => {}, world.phone({ trusted: [bent] }))
  t.match(result.failure, { code: 'PHONE_UNTRUSTED_SERVER' })
})

t.test('one of several trusted certificates is enough', async t => {
  const phone = world.phone({ trusted: [stranger.certificateDer, world.server.certificateDer] })
  const { result } = await world.session(async peer => {
    await greet(peer)
    goodbye(peer, 0)
  }, phone)
  t.ok(result.ok)
})

t.test('a phone that trusts nobody connects to nobody', async t => {
  const phone = world.phone({ trusted: [] })
  const before = world.server.peers.length
  const result = await phone.contactCapf({ servers: [world.server.target] })
  t.match(result, { ok: false, sessions: 1, failure: { code: 'PHONE_NO_TRUSTED_SERVER', side: 'client' } })
  t.equal(world.server.peers.length, before)
  t.match(phone.statusMessages, [{ text: 'No valid CAPF server' }])
})

t.test('phones speak TLS 1.2, and TLS 1.3 when told to, and never resume', async t => {
  for (const [maxTlsVersion, expected] of [
    ['model', 'TLSv1.2'],
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const) {
    for (let round = 0; round < 2; round++) {
      const { result, peer } = await world.session(
        async peer => {
          t.equal(peer.socket.getProtocol(), expected)
          await greet(peer)
          goodbye(peer, 0)
        },
        world.phone({ options: { maxTlsVersion } }),
      )
      t.ok(result.ok)
      t.notOk(peer.socket.isSessionReused())
    }
  }
})

t.test('old phones speak TLS 1.0 with RSA key exchange, but only when that is allowed', async t => {
  const legacy = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES128-SHA:AES256-SHA:@SECLEVEL=0' } as const
  await using old = await ScriptedServer.start(world.ca, legacy)
  old.script = async peer => {
    t.equal(peer.socket.getProtocol(), 'TLSv1')
    t.match(peer.socket.getCipher().name, /^AES(128|256)-SHA$/)
    await greet(peer)
    goodbye(peer, 0)
  }
  for (const model of ['7942', '7962', '8941', 'CIPC'] as const) {
    const result = await world.phone({ model, options: { legacyTls: true } }).runSession(old.target)
    t.match(result, { ok: true, operation: 'none' })
  }
  const modern = await world.phone({ model: '8861', options: { legacyTls: true } }).runSession(old.target)
  t.match(modern.failure, { code: 'PHONE_TLS_FAILED', phase: 'tls' }, 'legacyTls changes nothing for phones that are not old')
  const careful = await world.phone({ model: '7942' }).runSession(old.target)
  t.match(careful.failure, { code: 'PHONE_TLS_FAILED', phase: 'tls' })
  const { result } = await world.session(() => {}, world.phone({ model: '7942', options: { legacyTls: true } }))
  t.match(result.failure, { code: 'PHONE_TLS_FAILED', phase: 'tls' }, 'a server of today refuses them')
})

t.test('a TLS profile can be brought along', async t => {
  const phone = world.phone({ tls: createTlsProfile({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }) })
  const { result } = await world.session(async peer => {
    t.equal(peer.socket.getProtocol(), 'TLSv1.3')
    await greet(peer)
    goodbye(peer, 0)
  }, phone)
  t.ok(result.ok)
})

t.test('every model that is not marked legacy speaks TLS 1.2 at least', async t => {
  for (const [name, { legacyTls, minTls }] of Object.entries(MODELS)) t.equal(legacyTls, minTls === 'TLSv1', name)
})

t.test('somebody else may be asked about the server, and nothing is said meanwhile', async t => {
  for (const verdict of [true, false]) {
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<boolean>()
    const phone = world.phone({
      trusted: certificateDer => {
        t.strictSame(certificateDer, world.server.certificateDer)
        asked.resolve()
        return answer.promise
      },
    })
    const { result, peer } = await world.session(async peer => {
      // The server speaks first; that it is heard at all has to wait.
      peer.say({ name: 'AUTH_REQUEST', version: 3, authType: 0 })
      await asked.promise
      t.equal(peer.bytesHeard, 0)
      answer.resolve(verdict)
      if (!verdict) return
      await peer.hear('AUTH_RESPONSE')
      goodbye(peer, 0)
    }, phone)
    t.equal(result.ok, verdict)
    t.ok(result.phasesMs.trust !== undefined, 'the wait has a phase of its own')
    if (verdict) continue
    t.match(result.failure, { code: 'PHONE_UNTRUSTED_SERVER', phase: 'trust' })
    await peer.closed()
    t.equal(peer.bytesHeard, 0)
  }
})

t.test('an answer that is there at once costs no phase; a check that fails ends the session', async t => {
  const { result } = await world.session(
    async peer => {
      await greet(peer)
      goodbye(peer, 0)
    },
    world.phone({ trusted: () => true }),
  )
  t.match(result, { ok: true, phasesMs: { trust: undefined } })
  const denied = await world.session(() => {}, world.phone({ trusted: () => false }))
  t.match(denied.result.failure, { code: 'PHONE_UNTRUSTED_SERVER', phase: 'tls' })
  for (const trusted of [() => Promise.reject(new Error('out of order')), () => assertNothing()])
    t.match((await world.session(() => {}, world.phone({ trusted }))).result.failure, { code: 'PHONE_INTERNAL' })
})

const assertNothing = (): boolean => {
  throw new Error('out of order')
}

t.test('a session that ends while somebody is asked tells whoever is asked', async t => {
  const abort = new AbortController()
  let told = false
  const trusted = (_: Buffer, signal: AbortSignal) =>
    new Promise<boolean>(resolve => {
      signal.addEventListener('abort', () => {
        told = true
        resolve(true)
      })
      queueMicrotask(() => abort.abort())
    })
  const result = await world.phone({ trusted }).runSession({ ...world.server.target, signal: abort.signal })
  t.match(result.failure, { code: 'PHONE_ABORTED', phase: 'trust' })
  t.ok(told)
})
