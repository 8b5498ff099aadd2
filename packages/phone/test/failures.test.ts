import { MESSAGES, type MessageName, REASON } from '@capfkit/codec/capf'
import t from 'tap'
import type { PhoneErrorCode } from '../src/index.ts'
import type { Peer, Said, Script } from './scripted-server.ts'
import { goodbye, greet, KEY_REQUESTS, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

const KEY_REQUEST: Said = { name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] }

/** Lead a session up to each place where the server has the word; what comes next is the test's. */
const PLACES = {
  greeting: async () => {},
  auth: async peer => {
    await greet(peer)
  },
  issue: async peer => {
    await greet(peer)
    peer.say(KEY_REQUEST)
    await peer.hear('KEY_GENERATE_RESPONSE')
  },
  end: async peer => {
    await greet(peer)
    peer.say({ name: 'FETCH_CERTIFICATE_REQUEST' })
    await peer.hear('FETCH_CERTIFICATE_RESPONSE')
  },
} satisfies Record<string, (peer: Peer) => Promise<void>>

const at =
  (place: keyof typeof PLACES, then: (peer: Peer) => void): Script =>
  async peer => {
    await PLACES[place](peer)
    then(peer)
  }
const places = Object.keys(PLACES) as (keyof typeof PLACES)[]
const lsc = await world.newLsc()

for (const place of places) {
  t.test(`the server hangs up in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, peer => peer.socket.end()),
      world.phone({ lsc }),
    )
    t.match(result, { ok: false, failure: { code: 'PHONE_SERVER_HUNG_UP', side: 'server', phase: place } })
  })

  t.test(`the server resets the connection in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, peer => peer.reset()),
      world.phone({ lsc }),
    )
    // The reset may overtake the end of the handshake.
    t.match(result.failure, {
      code: /^PHONE_(CONNECTION_LOST|SERVER_HUNG_UP|TLS_FAILED)$/,
      phase: place === 'greeting' ? /tls|greeting/ : place,
    })
  })

  t.test(`the server hangs up inside a frame in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, peer => peer.socket.end(Buffer.from('550f0000', 'hex'))),
      world.phone({ lsc }),
    )
    t.match(result.failure, { code: 'PHONE_SERVER_HUNG_UP', phase: place, detail: 'inside a frame, after 4 bytes of it' })
  })

  t.test(`the server says nothing in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, () => {}),
      world.phone({ lsc, options: { replyTimeoutMs: 25 } }),
    )
    t.match(result, { ok: false, failure: { code: 'PHONE_REPLY_TIMEOUT', side: 'server', phase: place } })
  })

  t.test(`the server says something that is no CAPF in phase ${place}`, async t => {
    for (const [hex, words] of [
      ['47455420', /frame: .*byte 0, CODEC_BAD_MAGIC/],
      ['55ff000000000000', /command 255: .*byte 1, CODEC_UNKNOWN_COMMAND/],
      ['550f00000000ffff', /frame: .*byte 6, CODEC_FRAME_TOO_LONG/],
      ['550f00000000000401000201', /END_SESSION.REASON: .*CODEC_TRUNCATED/],
      ['550f000000000000', /END_SESSION.REASON: .*CODEC_MISSING_ELEMENT/],
    ] as const) {
      const { result } = await world.session(
        at(place, peer => peer.sayBytes(Buffer.from(hex, 'hex'))),
        world.phone({ lsc }),
      )
      t.match(result, { ok: false, failure: { code: 'PHONE_BAD_MESSAGE', side: 'server', phase: place, detail: words } })
    }
  })

  t.test(`RETRY_LATER in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, peer => peer.say({ name: 'RETRY_LATER', retryDelaySeconds: 90 })),
      world.phone({ lsc }),
    )
    t.match(result, { ok: false, retryAfterSeconds: 90, failure: { code: 'PHONE_RETRY_LATER', detail: 'in 90 s' } })
  })
}

for (const place of places.filter(name => name !== 'greeting')) {
  t.test(`the server changes the session id in phase ${place}`, async t => {
    const { result } = await world.session(
      at(place, peer => peer.say({ name: 'END_SESSION', reason: 1, sessionId: 5 })),
      world.phone({ lsc }),
    )
    t.match(result.failure, { code: 'PHONE_SESSION_ID_CHANGED', detail: 'from 3237998081 to 5' })
  })
}

/** A frame for every message there is, with values that its layout allows. */
const anyFrame = (name: MessageName): Said => {
  const values = {
    AUTH_REQUEST: { version: 3 },
    AUTH_RESPONSE: { version: 3, deviceName: 'SEP1' },
    STORE_CERTIFICATE_REQUEST: { certificate: { certificateType: 1, certificateDer: Buffer.of(0x30, 0) } },
    STORE_CERTIFICATE_RESPONSE: { reason: 1 },
    FETCH_CERTIFICATE_RESPONSE: { reason: 1 },
    DELETE_CERTIFICATE_RESPONSE: { reason: 1 },
    SIGN_CERTIFICATE_REQUEST: { digestType: 2, signedData: Buffer.alloc(32) },
    SIGN_CERTIFICATE_RESPONSE: { signedData: Buffer.alloc(32) },
    END_SESSION: { reason: 1 },
    RETRY_LATER: { retryDelaySeconds: 1 },
  } as Partial<Record<MessageName, object>>
  return { name, ...values[name] } as Said
}

const OPERATIONS = [
  'KEY_GENERATE_REQUEST',
  'STORE_CERTIFICATE_REQUEST',
  'FETCH_CERTIFICATE_REQUEST',
  'DELETE_CERTIFICATE_REQUEST',
] as const

const EXPECTED_AT: Record<keyof typeof PLACES, readonly MessageName[]> = {
  greeting: ['AUTH_REQUEST', 'END_SESSION', 'RETRY_LATER'],
  auth: [...OPERATIONS, 'END_SESSION', 'RETRY_LATER'],
  issue: ['STORE_CERTIFICATE_REQUEST', 'SIGN_CERTIFICATE_REQUEST', 'END_SESSION', 'RETRY_LATER'],
  end: [...OPERATIONS, 'END_SESSION', 'RETRY_LATER'],
}

for (const place of places) {
  t.test(`every other message in phase ${place} ends the session`, async t => {
    for (const name of Object.keys(MESSAGES) as MessageName[]) {
      if (EXPECTED_AT[place].includes(name)) continue
      const { result } = await world.session(
        at(place, peer => peer.say(anyFrame(name))),
        world.phone({ lsc }),
      )
      t.match(result.failure, {
        code: 'PHONE_UNEXPECTED_MESSAGE',
        side: 'server',
        phase: place,
        detail: new RegExp(`^${name} while`),
      })
    }
  })
}

t.test('END_SESSION says why', async t => {
  const cases: [keyof typeof PLACES, number, PhoneErrorCode][] = [
    ['auth', REASON.REFUSED, 'PHONE_REFUSED'],
    ['auth', REASON.UNKNOWN_DEVICE, 'PHONE_UNKNOWN_DEVICE'],
    ['auth', 200, 'PHONE_UNKNOWN_REASON'],
    ['issue', REASON.REFUSED, 'PHONE_REFUSED'],
    ['issue', REASON.DONE, 'PHONE_ENDED_EARLY'],
    ['issue', REASON.NO_ACTION, 'PHONE_CERTIFICATE_LATER'],
    ['greeting', REASON.NO_ACTION, 'PHONE_ENDED_EARLY'],
    ['end', REASON.REFUSED, 'PHONE_REFUSED'],
  ]
  for (const [place, reason, code] of cases) {
    const { result } = await world.session(
      at(place, peer => goodbye(peer, reason)),
      world.phone({ lsc }),
    )
    t.match(result, { ok: false, reason, failure: { code, side: 'server', phase: place } })
  }
  const talkative = at('auth', peer =>
    peer.say({ name: 'END_SESSION', reason: 7, reasonInfo: `no\r\n\u001b[31m${'x'.repeat(500)}` }),
  )
  const { result } = await world.session(talkative)
  t.match(result.failure?.detail, /^the server says: no {3}\[31mx+$/, 'words of the server come on one line')
  t.ok(result.failure!.detail.length < 250)
})

t.test('a certificate that is not for the key just made is refused and the old LSC stays', async t => {
  const other = await world.newLsc()
  const hidden = async (publicKeyDer: Buffer) => Buffer.concat([other.certificateDer, publicKeyDer])
  const offers: ((publicKeyDer: Buffer) => Promise<{ certificateType: number; certificateDer: Buffer }>)[] = [
    async () => ({ certificateType: 1, certificateDer: other.certificateDer }),
    async key => ({ certificateType: 1, certificateDer: await hidden(key) }),
    async key => ({ certificateType: 1, certificateDer: key }),
    async () => ({ certificateType: 1, certificateDer: Buffer.alloc(0) }),
    async key => ({ certificateType: 2, certificateDer: await world.lscFor(key) }),
  ]
  for (const offer of offers) {
    const phone = world.phone({ lsc })
    const { result } = await world.session(async peer => {
      await greet(peer)
      peer.say(KEY_REQUEST)
      const { publicKeyDer } = await peer.hear('KEY_GENERATE_RESPONSE')
      peer.say({ name: 'STORE_CERTIFICATE_REQUEST', certificate: await offer(publicKeyDer!) })
      t.equal((await peer.hear('STORE_CERTIFICATE_RESPONSE')).reason, REASON.REFUSED)
      goodbye(peer, REASON.REFUSED)
    }, phone)
    t.match(result, { ok: false, lsc: 'unchanged', reason: 7, failure: { code: 'PHONE_WRONG_CERTIFICATE', phase: 'store' } })
    t.equal(phone.lsc, lsc)
  }
})

t.test('keys that the phone cannot make are refused', async t => {
  const requests: [Said, RegExp, '7942' | '8861'][] = [
    [{ name: 'KEY_GENERATE_REQUEST', keyType: 1, curve: 3 }, /no such curve: 3/, '8861'],
    [{ name: 'KEY_GENERATE_REQUEST', keyType: 1 }, /no such curve: CURVE is missing/, '8861'],
    [{ name: 'KEY_GENERATE_REQUEST', keyType: 2 }, /no such KEY_TYPE: 2/, '8861'],
    [{ name: 'KEY_GENERATE_REQUEST' }, /no such RSA size: KEY_SIZE is missing/, '8861'],
    [{ name: 'KEY_GENERATE_REQUEST', keySizeBits: 1000 }, /no such RSA size: 1000/, '8861'],
    [{ name: 'KEY_GENERATE_REQUEST', keyType: 1, curve: 0 }, /this model knows RSA only/, '7942'],
    [{ name: 'KEY_GENERATE_REQUEST', keySizeBits: 4096 }, /up to 2048 bits, not 4096/, '7942'],
  ]
  for (const [request, detail, model] of requests) {
    const { result } = await world.session(async peer => {
      await greet(peer)
      peer.say(request)
      t.equal((await peer.hear('KEY_GENERATE_RESPONSE')).reason, REASON.REFUSED)
      goodbye(peer, REASON.REFUSED)
    }, world.phone({ model }))
    t.match(result, { ok: false, operation: 'install', failure: { code: 'PHONE_KEY_TYPE_UNSUPPORTED', detail } })
  }
})

t.test('a key that cannot be made, or not used, is a failure of the client', async t => {
  const broken = world.phone({ makeKey: () => Promise.reject(new RangeError('secret inside')) })
  const { result } = await world.session(async peer => {
    await greet(peer)
    peer.say(KEY_REQUEST)
  }, broken)
  t.match(result.failure, { code: 'PHONE_KEY_GENERATION_FAILED', side: 'client', phase: 'keyGeneration', detail: 'RangeError' })

  const small = await world.newLsc({ type: 'rsa', bits: 512 })
  const unable = await world.session(() => {}, world.phone({ authMode: 'lsc', lsc: small }))
  t.match(unable.result.failure, { code: 'PHONE_CREDENTIAL_UNUSABLE', side: 'client', detail: /PKI_KEY_TOO_SMALL/ })

  const smallMic = await world.newMic({ type: 'rsa', bits: 512 })
  const sudi = await world.session(
    async peer => {
      await greet(peer)
    },
    world.phone({ mic: smallMic, sudi: true }),
  )
  t.match(sudi.result.failure, { code: 'PHONE_CREDENTIAL_UNUSABLE', side: 'client', phase: 'greeting' })

  for (const init of [{ authMode: 'lsc' }, { authMode: 'mic', lsc }, { authMode: 'string' }] as const) {
    const before = world.server.peers.length
    const { result } = await world.session(() => {}, world.phone(init))
    t.match(result, { ok: false, totalMs: 0, failure: { code: 'PHONE_NO_CREDENTIAL', side: 'client' } })
    t.equal(world.server.peers.length, before, 'the server was not bothered')
  }
})

t.test('a request for a signature that cannot be made ends the session', async t => {
  const ask = (key: keyof typeof KEY_REQUESTS, request: Said, options = {}) =>
    world.session(
      async peer => {
        await greet(peer)
        peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS[key] })
        await peer.hear('KEY_GENERATE_RESPONSE')
        peer.say(request)
        await peer.closed()
      },
      world.phone({ options: { signRequests: true, ...options } }),
    )
  const request = { name: 'SIGN_CERTIFICATE_REQUEST', digestType: 2, signedData: Buffer.alloc(32) } as const
  t.match((await ask('ec:p256', request)).result.failure, { code: 'PHONE_CANNOT_SIGN', phase: 'issue' })
  t.match((await ask('rsa:2048', { ...request, digestType: 9 })).result.failure, { code: 'PHONE_CANNOT_SIGN' })
  t.match((await ask('rsa:2048', { ...request, digestType: 3 })).result.failure, { code: 'PHONE_CANNOT_SIGN' })
  t.match((await ask('rsa:2048', request, { signRequests: false })).result.failure, { code: 'PHONE_UNEXPECTED_MESSAGE' })
})

t.test('a session has an end even when every single step is quick', async t => {
  let clock = 0
  const phone = world.phone({ lsc, now: () => clock, options: { sessionTimeoutMs: 20, replyTimeoutMs: 1000 } })
  const { result } = await world.session(async peer => {
    await greet(peer)
    clock = 20
  }, phone)
  t.match(result.failure, { code: 'PHONE_SESSION_TIMEOUT', side: 'server', phase: 'auth' })
})
