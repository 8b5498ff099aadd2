import { spawnSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { AV_IDS, avValue, fileTime, formatAvPairs, parseAvPairs } from '../src/adcs/ntlm/av-pairs.ts'
import { channelBindingOf } from '../src/adcs/ntlm/channel-binding.ts'
import { accountOf, authenticateMessage, negotiateMessage } from '../src/adcs/ntlm/client.ts'
import { NtlmFormatError } from '../src/adcs/ntlm/errors.ts'
import { md4 } from '../src/adcs/ntlm/md4.ts'
import { formatNtlm, NTLM_MESSAGES, type NtlmMessageName, ntlmToken, parseNtlm } from '../src/adcs/ntlm/messages.ts'
import { clientBlob, lmV2Response, ntowfV2, ntProof, sessionKeyOf, utf16 } from '../src/adcs/ntlm/response.ts'
import { type AuthenticateCheck, challengeMessage, checkAuthenticate, type ExtendedProtection } from '../src/adcs/ntlm/server.ts'

const hex = (text: string) => Buffer.from(text.replace(/\s+/g, ''), 'hex')

// RFC 1320 A.5.
t.test('MD4 gives the digests of RFC 1320', async t => {
  const vectors = {
    '': '31d6cfe0d16ae931b73c59d7e0c089c0',
    a: 'bde52cb31de33e46245e05fbdbd6fb24',
    abc: 'a448017aaf21d8525fc10ae87aa6729d',
    'message digest': 'd9130a8164549fe818874806e1c7014b',
    abcdefghijklmnopqrstuvwxyz: 'd79e1c308aa5bbcdeea8ed63df412da9',
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: '043f8582f241db351ce627e153e7f0e4',
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890': 'e33b4ddc9c38f2199c3e7b164fcc0536',
  }
  for (const [text, digest] of Object.entries(vectors)) t.equal(md4(Buffer.from(text)).toString('hex'), digest)
})

t.test("MD4 gives what openssl's legacy provider gives, around the ends of a block", async t => {
  for (const length of [55, 56, 63, 64, 65, 119, 120, 1_000]) {
    const input = Buffer.alloc(length, `${length}`)
    const args = ['dgst', '-md4', '-provider', 'legacy', '-provider', 'default', '-binary']
    t.equal(md4(input).toString('hex'), spawnSync('openssl', args, { input }).stdout.toString('hex'), `${length} bytes`)
  }
})

const USER = { user: 'User', domain: 'Domain', password: 'Password' }
const SERVER_CHALLENGE = hex('0123456789abcdef')
const CLIENT_CHALLENGE = Buffer.alloc(8, 0xaa)
const TARGET_INFO = formatAvPairs([
  { id: AV_IDS.nbDomainName, value: utf16('Domain') },
  { id: AV_IDS.nbComputerName, value: utf16('Server') },
])

// MS-NLMP 4.2.4.
t.test('keys and responses are those of MS-NLMP', async t => {
  const key = ntowfV2(USER)
  t.equal(key.toString('hex'), '0c868a403bfd7a93a3001ef22ef02e3f', 'NTOWFv2')
  const blob = clientBlob({ time: Buffer.alloc(8), clientChallenge: CLIENT_CHALLENGE, avPairs: TARGET_INFO })
  t.equal(
    blob.toString('hex'),
    hex(`0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000
      02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000`).toString('hex'),
    'temp',
  )
  const proof = ntProof(key, { serverChallenge: SERVER_CHALLENGE, blob })
  t.equal(proof.toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c', 'NTProofStr')
  t.equal(sessionKeyOf(key, proof).toString('hex'), '8de40ccadbc14a82f15cb0ad0de95ca3', 'SessionBaseKey')
  const challenges = { serverChallenge: SERVER_CHALLENGE, clientChallenge: CLIENT_CHALLENGE }
  t.equal(lmV2Response(key, challenges).toString('hex'), '86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa', 'LMv2')
})

// The hash of a certificate and the value for it, from "NTLM and Channel Binding Hash" of Microsoft's open specifications blog.
const BINDING = hex('6586e99d81c2fc984e47172fd4dd0310')

t.test('a channel binding is that of Microsoft', async t => {
  const endPoint = hex('ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95')
  t.equal(channelBindingOf(endPoint).toString('hex'), BINDING.toString('hex'))
})

/**
 * An exchange that another client has made (Chromium's test data of MS-NLMP 4.2.4): names, time, binding and integrity code of
 * that client, for the user and the password above.
 */
const FOREIGN = {
  negotiate: hex('4e544c4d53535000 01000000 07820800 0000000020000000 0000000020000000'),
  challenge: hex(`4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
    060070170000000f 530065007200760065007200 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`),
  authenticate: hex(`4e544c4d53535000 03000000 1800180058000000 8a008a0070000000 0c000c00fa000000 0800080006010000
    100010000e010000 0000000058000000 03820800 0000000000000000 f7361633f0ad9bdf4a7c421bc6b824a3
    000000000000000000000000000000000000000000000000
    8c0260dbef690662af9c42d50782d2ed 0101000000000000 800bc8fd00d4d201 aaaaaaaaaaaaaaaa 00000000
    02000c0044006f006d00610069006e00 01000c00530065007200760065007200 0600040002000000 0a0010006586e99d81c2fc984e47172fd4dd0310
    0900160048005400540050002f00530065007200760065007200 00000000 00000000
    44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200`),
}

const foreignCheck = (change: Partial<AuthenticateCheck> = {}): AuthenticateCheck => ({
  ...FOREIGN,
  passwordOf: ({ user, domain }) => (user === 'User' && domain === 'Domain' ? 'Password' : undefined),
  extendedProtection: 'require',
  channelBinding: BINDING,
  ...change,
})

t.test("another client's login is taken, with its binding and its integrity code", async t => {
  t.strictSame(checkAuthenticate(foreignCheck()), { ok: true, user: 'User', domain: 'Domain' })
  t.match(checkAuthenticate(foreignCheck({ channelBinding: Buffer.alloc(16, 1) })), { ok: false, why: 'bad-bindings' })
  t.match(checkAuthenticate(foreignCheck({ passwordOf: () => 'password' })), { ok: false, why: 'logon-denied' })
  t.match(checkAuthenticate(foreignCheck({ passwordOf: () => undefined })), { ok: false, why: 'logon-denied' })
})

t.test('no bit of it may change, and none may be missing', async t => {
  const taken: string[] = []
  for (let byte = 0; byte < FOREIGN.authenticate.length; byte++)
    for (let bit = 0; bit < 8; bit++) {
      const authenticate = Buffer.from(FOREIGN.authenticate)
      authenticate[byte]! ^= 1 << bit
      if (checkAuthenticate(foreignCheck({ authenticate })).ok) taken.push(`${byte}.${bit}`)
    }
  t.strictSame(taken, [])
  for (let length = 0; length < FOREIGN.authenticate.length; length++)
    t.notOk(checkAuthenticate(foreignCheck({ authenticate: FOREIGN.authenticate.subarray(0, length) })).ok, `${length} bytes`)
})

const DOMAIN = {
  nbDomainName: 'TEST',
  nbComputerName: 'LAB-DC',
  dnsDomainName: 'test.example',
  dnsComputerName: 'lab-dc.test.example',
}

type Login = { userName: string; password: string; bound?: boolean; extendedProtection?: ExtendedProtection }

/** Both sides of one login. */
const login = ({ userName, password, bound = true, extendedProtection = 'off' }: Login, wanted = password) => {
  const negotiate = negotiateMessage()
  const challenge = challengeMessage(negotiate, { domain: DOMAIN, serverChallenge: SERVER_CHALLENGE, now: Date.UTC(2026, 0, 1) })
  const authenticate = authenticateMessage({
    userName,
    password,
    negotiate,
    challenge,
    targetName: 'HTTP/lab-dc.test.example',
    ...(bound ? { channelBinding: BINDING } : {}),
    now: () => 0,
    randomBytes: size => Buffer.alloc(size, 7),
  })
  const verdict = checkAuthenticate({
    negotiate,
    challenge,
    authenticate,
    passwordOf: () => wanted,
    extendedProtection,
    channelBinding: BINDING,
  })
  return { negotiate, challenge, authenticate, verdict }
}

t.test('both sides agree on every name and password, and on no other password', t => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  fc.assert(
    fc.property(text, text, text, (userName, password, other) => {
      const { verdict } = login({ userName, password })
      const { user, domain } = accountOf(userName)
      return (
        verdict.ok &&
        verdict.user === user &&
        verdict.domain === domain &&
        (other === password || !login({ userName, password }, other).verdict.ok)
      )
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test('names as people write them', async t => {
  t.strictSame(accountOf('TEST\\ciscora'), { user: 'ciscora', domain: 'TEST' })
  t.strictSame(accountOf('ciscora@test.example'), { user: 'ciscora@test.example', domain: '' })
  t.strictSame(accountOf('ciscora'), { user: 'ciscora', domain: '' })
})

t.test('Extended Protection: off does not look, allow wants the right one if any, require wants it', async t => {
  const outcomes = (['off', 'allow', 'require'] as const).map(extendedProtection =>
    [true, false].map(bound => login({ userName: 'u', password: 'p', bound, extendedProtection }).verdict.ok),
  )
  t.strictSame(outcomes, [
    [true, true],
    [true, true],
    [true, false],
  ])
})

t.test('an integrity code is there because the server tells the time, with the time of the server', async t => {
  const { authenticate, challenge } = login({ userName: 'u', password: 'p' })
  const { ntResponse, lmResponse, mic, flags } = parseNtlm('AUTHENTICATE', authenticate)
  const pairs = parseAvPairs(ntResponse!.subarray(16 + 28), 'blob')
  t.equal(avValue(pairs, 'flags')?.readUInt32LE(), 2)
  t.strictSame(ntResponse!.subarray(16 + 8, 16 + 16), fileTime(Date.UTC(2026, 0, 1)))
  t.strictSame(lmResponse, Buffer.alloc(24))
  t.not(mic?.toString('hex'), '0'.repeat(32))
  t.equal(avValue(pairs, 'targetName')?.toString('utf16le'), 'HTTP/lab-dc.test.example')
  t.equal(flags! & ~parseNtlm('CHALLENGE', challenge).flags!, 0, 'nothing that the server did not offer')
})

t.test('a server that tells no time gets the time of the client, LMv2 and no code', async t => {
  const now = Date.UTC(2026, 0, 2)
  const message = authenticateMessage({
    userName: 'Domain\\User',
    password: 'Password',
    negotiate: negotiateMessage(),
    challenge: FOREIGN.challenge,
    targetName: 'HTTP/Server',
    now: () => now,
    randomBytes: () => CLIENT_CHALLENGE,
  })
  const { lmResponse, ntResponse, mic } = parseNtlm('AUTHENTICATE', message)
  t.equal(lmResponse?.toString('hex'), '86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa')
  t.strictSame(ntResponse?.subarray(24, 32), fileTime(now))
  t.equal(mic?.toString('hex'), '0'.repeat(32))
  t.ok(checkAuthenticate(foreignCheck({ authenticate: message, extendedProtection: 'off' })).ok)
})

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
