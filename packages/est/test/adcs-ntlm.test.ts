import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { AV_IDS, avValue, fileTime, formatAvPairs, parseAvPairs } from '../src/adcs/ntlm/av-pairs.ts'
import { channelBindingOf } from '../src/adcs/ntlm/channel-binding.ts'
import { accountOf, authenticateMessage, negotiateMessage } from '../src/adcs/ntlm/client.ts'
import { md4 } from '../src/adcs/ntlm/md4.ts'
import { parseNtlm } from '../src/adcs/ntlm/messages.ts'
import { clientBlob, lmV2Response, ntowfV2, ntProof, sessionKeyOf, utf16 } from '../src/adcs/ntlm/response.ts'
import { checkAuthenticate } from '../src/adcs/ntlm/server.ts'
import { BINDING, CLIENT_CHALLENGE, FOREIGN, foreignCheck, hex, login, SERVER_CHALLENGE } from './adcs-ntlm-logins.ts'

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

t.test('a channel binding is that of Microsoft', async t => {
  const endPoint = hex('ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95')
  t.equal(channelBindingOf(endPoint).toString('hex'), BINDING.toString('hex'))
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
