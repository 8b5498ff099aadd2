import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { formatAvPairs, parseAvPairs } from '../src/adcs/ntlm/av-pairs.ts'
import { authenticateMessage, negotiateMessage } from '../src/adcs/ntlm/client.ts'
import { NtlmFormatError } from '../src/adcs/ntlm/errors.ts'
import { formatNtlm, NTLM_MESSAGES, type NtlmMessageName, ntlmToken, parseNtlm } from '../src/adcs/ntlm/messages.ts'
import { utf16 } from '../src/adcs/ntlm/response.ts'
import { checkAuthenticate } from '../src/adcs/ntlm/server.ts'
import { FOREIGN, foreignCheck, hex, login, SERVER_CHALLENGE } from './adcs-ntlm-logins.ts'

t.test('NTLMv1 and anonymous logins are refused', async t => {
  const plain = { lmResponse: Buffer.alloc(24), domain: utf16('Domain'), user: utf16('User'), flags: 0x8201 }
  for (const ntResponse of [Buffer.alloc(24, 1), Buffer.alloc(0)])
    t.match(checkAuthenticate(foreignCheck({ authenticate: formatNtlm('AUTHENTICATE', { ...plain, ntResponse }) })), {
      ok: false,
      why: 'logon-denied',
    })
})

t.test('a message of every length and any bytes is read, or refused with its place', t => {
  const whole: Record<NtlmMessageName, Buffer> = {
    NEGOTIATE: login({ userName: 'u', password: 'p' }).negotiate,
    CHALLENGE: FOREIGN.challenge,
    AUTHENTICATE: FOREIGN.authenticate,
  }
  const names = Object.keys(NTLM_MESSAGES) as NtlmMessageName[]
  const read = (name: NtlmMessageName, bytes: Buffer) => {
    try {
      parseNtlm(name, bytes)
      return 'read'
    } catch (error) {
      if (!(error instanceof NtlmFormatError) || error.offset > 8_192) throw error
      return 'refused'
    }
  }
  for (const name of names) {
    t.equal(read(name, whole[name]), 'read')
    const required = Object.entries(NTLM_MESSAGES[name].fields).findIndex(([field]) => field === NTLM_MESSAGES[name].optionalFrom)
    t.ok(required > 0)
    for (let length = 0; length < 16; length++)
      t.equal(read(name, whole[name].subarray(0, length)), 'refused', `${name}, ${length} bytes`)
    for (let length = 16; length < whole[name].length; length++) read(name, whole[name].subarray(0, length))
    t.equal(read(name, Buffer.concat([whole[name], Buffer.alloc(9_000)])), 'refused', 'too long')
  }
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 300 }), fc.nat(300), (name, noise, at) => {
      const bytes = Buffer.from(whole[name])
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
      read(name, bytes)
      if (name === 'CHALLENGE') return true
      return name !== 'AUTHENTICATE' || bytes.equals(whole[name]) || !checkAuthenticate(foreignCheck({ authenticate: bytes })).ok
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('a challenge that lies makes the client refuse, not fall', t => {
  const answer = (challenge: Buffer) => {
    try {
      return authenticateMessage({
        userName: 'u',
        password: 'p',
        negotiate: negotiateMessage(),
        challenge,
        targetName: 'HTTP/x',
        now: () => 0,
        randomBytes: size => Buffer.alloc(size),
      })
    } catch (error) {
      if (!(error instanceof NtlmFormatError)) throw error
      return undefined
    }
  }
  const { challenge } = login({ userName: 'u', password: 'p' })
  t.ok(answer(challenge))
  for (let length = 0; length < challenge.length; length++) answer(challenge.subarray(0, length))
  fc.assert(
    fc.property(fc.nat(challenge.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, noise) => {
      const bytes = Buffer.from(challenge)
      bytes.set(noise.subarray(0, bytes.length - at), at)
      answer(bytes)
      return true
    }),
  )
  const oem = Buffer.from(challenge)
  oem[20]! &= ~1
  t.equal(answer(oem), undefined, 'without Unicode')
  const short = formatNtlm('CHALLENGE', {
    flags: 0x201,
    serverChallenge: SERVER_CHALLENGE,
    targetInfo: formatAvPairs([{ id: 7, value: Buffer.of(1) }]),
  })
  t.equal(answer(short), undefined, 'a time of one byte')
  t.end()
})

t.test('pairs: parse of format is the same, and lists that do not end are refused', t => {
  const pair = fc.record(
    {
      id: fc.integer({ min: 1, max: 0xffff }),
      value: fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 30 }), pairs => isDeepStrictEqual(parseAvPairs(formatAvPairs(pairs), 'x'), pairs)),
    { numRuns: 50 },
  )
  for (const bytes of ['', '0100', '01000400aabb', '0100000001000000'])
    t.throws(() => parseAvPairs(hex(bytes), 'x'), { name: 'NtlmFormatError' }, bytes)
  t.throws(
    () => parseAvPairs(formatAvPairs(Array(40).fill({ id: 1, value: Buffer.alloc(0) })), 'x'),
    { name: 'NtlmFormatError' },
    'too many',
  )
  t.end()
})

t.test('tokens in headers are base64 of bounded length', async t => {
  t.strictSame(ntlmToken(FOREIGN.negotiate.toString('base64')), FOREIGN.negotiate)
  for (const text of ['', '*', 'TlRM TVNT', 'A'.repeat(20_000)]) t.throws(() => ntlmToken(text), { name: 'NtlmFormatError' })
})
