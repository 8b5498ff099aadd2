import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { decode, encode, REASON } from '@capfkit/codec/capf'
import { derToPem, privateKeyPem } from '@capfkit/pki'
import fc from 'fast-check'
import t from 'tap'
import { canCommit, FAULT_NAMES, FAULTS, newFault, OUTCOMES, PHONE_ERRORS, parseFault, sessionsOf } from '../src/index.ts'
import { SESSION_ID } from './scripted-server.ts'
import { goodbye, greet, install, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

/** One session of a phone that misbehaves with a server that plays a script. */
const disturbed = async (words: string, script: Parameters<World['session']>[0], phone = world.phone()) => {
  world.server.script = script
  const result = await phone.runSession({ ...world.server.target, disturbance: { fault: parseFault(words) } })
  return { result, phone, peer: world.server.last }
}

t.test('every fault has words, patience, and an outcome that it may have', async t => {
  for (const name of FAULT_NAMES) {
    const { doc, parameters, expected } = FAULTS[name]
    t.match(name, /^[a-z-]+$/)
    t.ok(doc.endsWith('.') && 'patienceMs' in parameters, name)
    const outcomes = expected(newFault(name).parameters as never)
    t.ok(outcomes.length > 0 && outcomes.every(outcome => outcome in OUTCOMES && outcome !== 'failed' && outcome !== 'unanswered'))
  }
  for (const row of Object.values(OUTCOMES)) if ('unexpected' in row) t.ok(row.unexpected in PHONE_ERRORS)
})

t.test('a fault is written as it is read, and what is wrong is refused', async t => {
  t.strictSame(parseFault('stall: ms=20 , at=secured').parameters, { ...newFault('stall').parameters, ms: 20, at: 'secured' })
  t.strictSame(parseFault(' reset '), newFault('reset'))
  t.equal(sessionsOf(parseFault('wrong-string:times=3')), 3)
  t.equal(sessionsOf(parseFault('reset')), 1)
  t.throws(() => parseFault('constructor'), { name: 'OptionError', code: 'CONFIG_UNKNOWN' })
  t.throws(() => parseFault('reset:at=1'), { name: 'OptionError', code: 'CONFIG_OUT_OF_RANGE' })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(words => `reset:${words}`),
      ),
      words => {
        try {
          return FAULT_NAMES.includes(parseFault(words).name)
        } catch (error) {
          return error instanceof Error && error.name === 'OptionError'
        }
      },
    ),
    { numRuns: 500, seed: 20_261_121 },
  )
})

t.test('a server that goes on with garbage has failed, and so has one that does nothing about it', async t => {
  const accepting = await disturbed('unknown-element', async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  })
  t.match(accepting.result, { ok: true, failure: undefined, disturbed: { outcome: 'idle', isExpected: true } })
  const { result } = await disturbed('garbage', async peer => {
    peer.say({ name: 'AUTH_REQUEST', version: 3, authType: 0 })
    peer.socket.removeAllListeners('data')
    peer.socket.once('data', () => goodbye(peer, REASON.NO_ACTION))
  })
  t.match(result, { ok: false, failure: { code: 'PHONE_FAULT_ACCEPTED', side: 'server', detail: /^garbage: / } })
  t.strictSame(result.disturbed, { fault: 'garbage', outcome: 'idle', isExpected: false })

  const silent = await disturbed('garbage:patienceMs=50', peer => {
    peer.say({ name: 'AUTH_REQUEST', version: 3, authType: 0 })
    peer.socket.removeAllListeners('data')
    peer.socket.resume()
  })
  t.match(silent.result.failure, { code: 'PHONE_FAULT_UNANSWERED', phase: 'auth' })
  t.equal(silent.result.disturbed?.outcome, 'unanswered')
})

t.test('a server that refuses what it has to take has failed', async t => {
  const { result } = await disturbed('tiny-segments', async peer => {
    await greet(peer)
    goodbye(peer, REASON.REFUSED)
  })
  t.match(result, { failure: { code: 'PHONE_FAULT_REFUSED' }, reason: REASON.REFUSED })
})

t.test('what did not come about is not judged: the session counts as it is', async t => {
  const { result } = await disturbed('reset:at=KEY_GENERATE_RESPONSE', async peer => {
    await greet(peer)
    goodbye(peer, REASON.UNKNOWN_DEVICE)
  })
  t.equal(result.disturbed, undefined)
  t.match(result.failure, { code: 'PHONE_UNKNOWN_DEVICE' })
})

t.test('nothing is thrown for a server that is not there, and an abort is an abort', async t => {
  for (const words of ['silent-connect', 'tiny-segments', 'reset']) {
    const disturbance = { fault: parseFault(words) }
    const result = await world.phone().runSession({ host: '127.0.0.1', port: 1, disturbance })
    t.match(result.failure, { code: 'PHONE_CONNECT_REFUSED' }, words)
    t.not(result.disturbed?.isExpected, true)
  }
  for (const words of ['silent-connect', 'go-silent']) {
    const controller = new AbortController()
    world.server.script = peer => void peer.say({ name: 'AUTH_REQUEST', version: 3, authType: 0 })
    setTimeout(() => controller.abort(), 30)
    const disturbance = { fault: parseFault(words) }
    const result = await world.phone().runSession({ ...world.server.target, disturbance, signal: controller.signal })
    t.match(result.failure, { code: 'PHONE_ABORTED' }, words)
  }
})

t.test('a phone does only what its way to authenticate allows', async t => {
  t.ok(canCommit({ name: 'wrong-string' }, 'string') && !canCommit({ name: 'wrong-string' }, 'mic'))
  const { result } = await disturbed('wrong-string', () => {})
  t.match(result, { failure: { code: 'PHONE_FAULT_IMPOSSIBLE', detail: 'wrong-string in mode null' }, messages: [] })
})

t.test('a wrong string is another one of the same length, and the true one is kept', async t => {
  const phone = world.phone({ authMode: 'string', authString: '12345678' })
  const script = async (peer: Parameters<typeof greet>[0]) => {
    await greet(peer)
    goodbye(peer, REASON.REFUSED)
  }
  const { peer, result } = await disturbed('wrong-string', script, phone)
  t.match(peer.heard, [{ password: /^\d{8}$/ }])
  t.notMatch(peer.heard, [{ password: '12345678' }])
  t.notMatch(JSON.stringify(result), /12345678/)
  await world.session(script, phone)
  t.match(world.server.last.heard, [{ password: '12345678' }])
})

t.test('the session id that is used again is that of the session before', async t => {
  const phone = world.phone()
  await world.session(async peer => {
    peer.say({ name: 'AUTH_REQUEST', sessionId: 77, version: 3, authType: 0 })
    await peer.hear('AUTH_RESPONSE')
    peer.say({ name: 'END_SESSION', sessionId: 77, reason: REASON.NO_ACTION })
    peer.socket.end()
  }, phone)
  const { peer } = await disturbed(
    'reused-session-id',
    async peer => {
      await greet(peer)
      goodbye(peer, REASON.REFUSED)
    },
    phone,
  )
  t.match(peer.heard, [{ name: 'AUTH_RESPONSE', sessionId: 77 }])
})

t.test('a phone that is cut before it can answer has not stored the certificate; one that only did not say so has', async t => {
  for (const [words, lsc] of [
    ['reset:at=STORE_CERTIFICATE_REQUEST', 'unchanged'],
    ['reset:at=STORE_CERTIFICATE_RESPONSE', 'installed'],
  ] as const) {
    const { result, phone } = await disturbed(words, async peer => {
      await greet(peer)
      await install(peer, { world })
    })
    t.match(result, { lsc, disturbed: { outcome: 'cut', isExpected: true } }, words)
    t.equal(phone.lsc !== undefined, lsc === 'installed')
  }
})

t.test('a clock that is wrong by more than the certificate allows', async t => {
  for (const [skewMs, lsc] of [
    [-7_200_000, 'unchanged'],
    [1_000_000, 'installed'],
  ] as const) {
    const { result } = await disturbed(`clock-skew:skewMs=${skewMs}`, async peer => {
      await greet(peer)
      const { reason } = await install(peer, { world })
      goodbye(peer, reason === REASON.DONE ? REASON.DONE : REASON.REFUSED)
    })
    t.match(result, { lsc, disturbed: { isExpected: true } }, `${skewMs} ms`)
  }
})

t.test('openssl s_server: segments of one byte are taken, garbage is refused, and silence is not answered', async t => {
  const { certificateDer, keyPair } = world.ca
  const cwd = t.testdir({ 'file.pem': `${derToPem(certificateDer, 'CERTIFICATE')}${privateKeyPem(keyPair.privateKey)}` })
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', 'file.pem', '-key', 'file.pem'], { cwd })
  t.teardown(() => server.kill('SIGKILL'))
  let said = ''
  while (!/ACCEPT .*:\d+\n/.test(said)) said += (await once(server.stdout, 'data'))[0]
  const target = { host: '127.0.0.1', port: Number(/ACCEPT .*:(\d+)\n/.exec(said)?.[1]) }
  const meet = (words: string) => world.phone().runSession({ ...target, disturbance: { fault: parseFault(words) } })

  t.match(await meet('no-tls'), { disturbed: { outcome: 'closed', isExpected: true } })
  t.match(
    await meet('half-hello:patienceMs=100'),
    { failure: { code: 'PHONE_FAULT_UNANSWERED', phase: 'tls' } },
    'it has no time-out',
  )

  const heard: Buffer[] = []
  server.stdout.on('data', chunk => {
    heard.push(chunk)
    const at = Buffer.concat(heard).indexOf(Buffer.from([0x55, 2]))
    if (at >= 0) server.stdin.write(encode({ name: 'END_SESSION', sessionId: SESSION_ID, reason: REASON.NO_ACTION }))
  })
  server.stdin.write(encode({ name: 'AUTH_REQUEST', sessionId: SESSION_ID, version: 3, authType: 0 }))
  t.match(await meet('tiny-segments'), { ok: true, disturbed: { outcome: 'idle', isExpected: true } })
  const all = Buffer.concat(heard)
  const frame = all.subarray(all.indexOf(Buffer.from([0x55, 2])))
  t.match(decode(frame.subarray(0, 8 + frame.readUInt16BE(6))), { name: 'AUTH_RESPONSE', sessionId: SESSION_ID })
})
