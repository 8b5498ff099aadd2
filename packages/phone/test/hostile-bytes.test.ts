import { encode } from '@capfkit/codec/capf'
import fc from 'fast-check'
import t from 'tap'
import { PHONE_ERRORS } from '../src/index.ts'
import { SESSION_ID } from './scripted-server.ts'
import { greet, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())
const lsc = await world.newLsc()
const options = { replyTimeoutMs: 1_000, closeWaitMs: 0 }

/** Frames with a true header and bodies that may be anything, which get further than plain noise. */
const frame = fc
  .record({ command: fc.integer({ min: 0, max: 24 }), body: fc.uint8Array({ maxLength: 80 }), isSameSession: fc.boolean() })
  .map(({ command, body, isSameSession }) => {
    const header = Buffer.alloc(8)
    header.writeUInt8(0x55, 0)
    header.writeUInt8(command, 1)
    header.writeUInt32BE(isSameSession ? SESSION_ID : 1, 2)
    header.writeUInt16BE(body.length, 6)
    return Buffer.concat([header, body])
  })
const noise = fc.uint8Array({ minLength: 1, maxLength: 200 }).map(bytes => Buffer.from(bytes))
/** A good frame with one byte changed. */
const bent = fc
  .tuple(
    fc.constantFrom(
      encode({ name: 'KEY_GENERATE_REQUEST', sessionId: SESSION_ID, keyType: 1, curve: 0 }),
      encode({ name: 'FETCH_CERTIFICATE_REQUEST', sessionId: SESSION_ID, certificateType: 1 }),
      encode({ name: 'END_SESSION', sessionId: SESSION_ID, reason: 1 }),
    ),
    fc.nat(),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([bytes, place, value]) => {
    const copy = Buffer.from(bytes)
    copy[place % copy.length] = value
    return copy
  })

t.test('whatever bytes follow AUTH_REQUEST, the result is a result', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(frame, noise, bent), { minLength: 1, maxLength: 4 }), async chunks => {
      const phone = world.phone({ lsc, options })
      const { result } = await world.session(async peer => {
        await greet(peer)
        peer.socket.end(Buffer.concat(chunks))
      }, phone)
      return result.failure ? result.failure.code in PHONE_ERRORS && !result.ok : result.ok
    }),
    { numRuns: 300, seed: 20_261_121 },
  )
  t.pass('300 runs')
})

t.test('whatever bytes come instead of AUTH_REQUEST, the result is a failure', async t => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(frame, noise), async bytes => {
      const phone = world.phone({ options })
      const { result } = await world.session(peer => void peer.socket.end(bytes), phone)
      return !result.ok && result.failure !== undefined
    }),
    { numRuns: 100, seed: 20_261_121 },
  )
  t.pass('100 runs')
})
