import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { boolean, nothing, octetString, oid, sequence } from '../src/der.ts'
import { encodeExtendedKeyUsage, extension } from '../src/extensions.ts'
import {
  CHAIN_ERRORS,
  type ChainResult,
  derToPem,
  formatName,
  type Purpose,
  parseCertificate,
  TrustStore,
  validateChain,
} from '../src/index.ts'
import { CA, type Made, make } from './made-certificates.ts'
import { needs, run } from './programs.ts'
import { RECORDED_AT, recordedCertificate } from './recordings.ts'

const AT = new Date('2027-01-01')
const root = await make({ name: 'CN=root', ...CA })
const middle = await make({ name: 'CN=middle', issuer: root, ...CA })
const leaf = await make({ name: 'CN=leaf', issuer: middle })
const trust = (...anchors: Made[]) => new TrustStore({ anchors: anchors.map(({ der }) => der) })
const check = (from: Made, options: { trusted?: TrustStore; through?: Made[]; at?: Date; purpose?: Purpose } = {}) =>
  validateChain({
    leaf: from.der,
    trusted: options.trusted ?? trust(root),
    intermediates: (options.through ?? [middle]).map(({ der }) => der),
    at: options.at ?? AT,
    ...(options.purpose ? { purpose: options.purpose } : {}),
  })
const outcome = (result: ChainResult) =>
  result.ok ? result.chain.map(({ subject }) => formatName(subject)).join(' < ') : `${result.code} ${result.index}`

t.test('the recorded certificates chain to their issuers at a time when they are valid', async t => {
  const trusted = new TrustStore({ anchors: ['capf', 'mca'].map(recordedCertificate) })
  const recorded = (name: string, at = RECORDED_AT) =>
    outcome(validateChain({ leaf: parseCertificate(recordedCertificate(name)), trusted, at, purpose: 'deviceAuthentication' }))
  t.match(recorded('lsc-rsa2048-SEP00000000C001'), /^CN=SEP00000000C001,.* < CN=CAPF-TEST,/)
  t.match(recorded('lsc-secp256r1-SEP00000000EC25'), /^CN=SEP00000000EC25,.* < CN=CAPF-TEST,/)
  t.match(recorded('mic-rsa'), /^O=Throwaway,OU=CTG,CN=CP-8841-SEP00000000C001 < O=Throwaway,CN=Test Manufacturing CA$/)
  t.equal(recorded('lsc-expired'), 'CHAIN_EXPIRED 0')
  t.equal(recorded('lsc-rsa2048-SEP00000000C001', new Date('2026-11-20')), 'CHAIN_NOT_YET_VALID 0')
  t.equal(recorded('lsc-rsa2048-SEP00000000C001', new Date('2028-01-01')), 'CHAIN_EXPIRED 0')
  t.equal(recorded('rogue-rsa'), 'CHAIN_UNKNOWN_ISSUER 0', 'self-signed, trusted by nobody')
  t.equal(recorded('tvs'), 'CHAIN_UNKNOWN_ISSUER 0')
  t.match(recorded('capf'), /^CN=CAPF-TEST,[^<]*$/, 'an anchor needs no issuer')
})

t.test('a path is found through intermediates in any order, and the shortest one', async t => {
  t.equal(outcome(check(leaf)), 'CN=leaf < CN=middle < CN=root')
  t.equal(outcome(check(leaf, { through: [root, leaf, middle] })), 'CN=leaf < CN=middle < CN=root')
  t.equal(outcome(check(leaf, { trusted: trust(root, middle) })), 'CN=leaf < CN=middle', 'a trusted intermediate ends it')
  t.equal(outcome(check(leaf, { through: [] })), 'CHAIN_UNKNOWN_ISSUER 0')
  t.equal(
    outcome(check(leaf, { trusted: trust(), through: [middle, root] })),
    'CHAIN_UNKNOWN_ISSUER 2',
    'an untrusted root leads nowhere',
  )
  const unreadable = { ...root, der: Buffer.from('x') }
  t.equal(outcome(check(leaf, { through: [unreadable, middle] })), 'CN=leaf < CN=middle < CN=root', 'what cannot be read is absent')
  t.throws(() => check(unreadable), { code: 'PKI_BAD_CERTIFICATE' })
})

t.test('a renewed CA has one name and two keys: the right one is found', async t => {
  const renewed = await make({ name: 'CN=root', ...CA })
  const trusted = trust(renewed, root, root)
  t.equal(trusted.size, 2, 'the same anchor twice is one')
  t.equal(outcome(check(middle, { trusted })), 'CN=middle < CN=root')
  t.equal(outcome(check(middle, { trusted: trust(renewed) })), 'CHAIN_BAD_SIGNATURE 0', 'the name alone does not help')
})

t.test('a changed certificate is refused', async t => {
  const last = leaf.der.length - 1
  const changed = Buffer.from(leaf.der)
  changed[last]! ^= 1
  t.equal(outcome(check({ ...leaf, der: changed })), 'CHAIN_BAD_SIGNATURE 0', 'signature')
  const renamed = Buffer.from(leaf.der.toString('latin1').replace('leaf', 'loaf'), 'latin1')
  t.equal(outcome(check({ ...leaf, der: renamed })), 'CHAIN_BAD_SIGNATURE 0', 'subject')
})

t.test('every date on the way counts, the anchor too', async t => {
  const old = { from: '2020-01-01', until: '2021-01-01' }
  const expiredMiddle = await make({ name: 'CN=middle', issuer: root, keyPair: middle.keyPair, ...CA, ...old })
  t.equal(outcome(check(leaf, { through: [expiredMiddle] })), 'CHAIN_EXPIRED 1')
  const expiredRoot = await make({ name: 'CN=root', keyPair: root.keyPair, ...CA, ...old })
  t.equal(outcome(check(leaf, { trusted: trust(expiredRoot) })), 'CHAIN_EXPIRED 2')
  const future = await make({ name: 'CN=leaf', issuer: middle, from: '2028-01-01' })
  const result = check(future)
  t.equal(outcome(result), 'CHAIN_NOT_YET_VALID 0')
  t.match(result, { detail: 'valid from 2028-01-01T00:00:00.000Z' })
  t.ok(check(leaf, { at: new Date('2030-01-01') }).ok, 'the last second is still valid')
  t.notOk(check(leaf, { at: new Date('2030-01-01T00:00:00.001Z') }).ok)
})

t.test('only a CA issues', async t => {
  const plain = await make({ name: 'CN=middle', issuer: root, keyPair: middle.keyPair })
  t.equal(outcome(check(leaf, { through: [plain] })), 'CHAIN_NOT_A_CA 1', 'an intermediate must say so')
  const denied = await make({ name: 'CN=middle', issuer: root, keyPair: middle.keyPair, basicConstraints: { ca: false } })
  t.equal(outcome(check(leaf, { through: [denied] })), 'CHAIN_NOT_A_CA 1')
  const usage = await make({
    name: 'CN=middle',
    issuer: root,
    keyPair: middle.keyPair,
    basicConstraints: { ca: true },
    keyUsage: ['cRLSign'],
  })
  t.equal(outcome(check(leaf, { through: [usage] })), 'CHAIN_KEY_USAGE 1', 'without keyCertSign')
  const silent = await make({ name: 'CN=root', keyPair: root.keyPair })
  t.ok(check(leaf, { trusted: trust(silent) }).ok, 'an anchor that says nothing may issue')
  const anchoredLeaf = await make({ name: 'CN=middle', keyPair: middle.keyPair, basicConstraints: { ca: false } })
  t.equal(outcome(check(leaf, { trusted: trust(anchoredLeaf) })), 'CHAIN_NOT_A_CA 1', 'one that says it may not, may not')
})

t.test('a path length is kept', async t => {
  const limited = await make({ name: 'CN=root', keyPair: root.keyPair, basicConstraints: { ca: true, pathLength: 0 } })
  t.ok(check(middle, { trusted: trust(limited) }).ok, 'no CA between')
  const result = check(leaf, { trusted: trust(limited) })
  t.equal(outcome(result), 'CHAIN_PATH_LENGTH 2')
  t.match(result, { detail: 'allows 0, has 1' })
})

t.test('a critical extension that nobody understands is refused', async t => {
  const unknown = sequence(oid('1.2.3.4'), boolean(true), octetString(nothing()))
  const critical = await make({ name: 'CN=leaf', issuer: middle, more: [unknown] })
  const result = check(critical)
  t.equal(outcome(result), 'CHAIN_UNKNOWN_CRITICAL 0')
  t.match(result, { detail: '1.2.3.4' })
})

t.test('a leaf must be allowed to do what it is used for', async t => {
  const encipher = await make({ name: 'CN=leaf', issuer: middle, keyUsage: ['keyEncipherment'] })
  t.ok(check(encipher).ok, 'unused')
  t.equal(outcome(check(encipher, { purpose: 'deviceAuthentication' })), 'CHAIN_KEY_USAGE 0')
  const client = extension('extendedKeyUsage', { value: encodeExtendedKeyUsage(['1.3.6.1.5.5.7.3.2']) })
  const clientOnly = await make({ name: 'CN=leaf', issuer: middle, keyUsage: ['digitalSignature'], more: [client] })
  t.ok(check(clientOnly, { purpose: 'clientAuth' }).ok)
  t.ok(check(clientOnly, { purpose: 'deviceAuthentication' }).ok)
  t.equal(outcome(check(clientOnly, { purpose: 'serverAuth' })), 'CHAIN_KEY_USAGE 0')
  t.ok(check(leaf, { purpose: 'serverAuth' }).ok, 'one that says nothing may do all')
})

t.test('the search is bounded: long paths, loops, many intermediates', async t => {
  const path = [root]
  for (let i = 1; i < 10; i++) path.push(await make({ name: `CN=${i}`, issuer: path.at(-1)!, ...CA }))
  t.ok(check(path[7]!, { through: path.slice(1) }).ok, 'eight certificates')
  t.equal(outcome(check(path[8]!, { through: path.slice(1) })), 'CHAIN_UNKNOWN_ISSUER 7', 'nine')
  const a = await make({ name: 'CN=a', ...CA })
  const b = await make({ name: 'CN=b', issuer: a, ...CA })
  const looped = await make({ name: 'CN=a', keyPair: a.keyPair, issuer: b, ...CA })
  t.match(outcome(check(looped, { through: [b, looped, a] })), /^CHAIN_/, 'a loop ends')
  const noise = Array.from({ length: 16 }, () => root)
  t.equal(outcome(check(leaf, { through: [...noise, middle] })), 'CHAIN_UNKNOWN_ISSUER 0', 'the seventeenth is not looked at')
})

t.test('an issuer with a key that CAPF does not know signs nothing here', async t => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const odd = { ...middle.keyPair, publicKeyDer: publicKey.export({ type: 'spki', format: 'der' }) }
  const strange = await make({ name: 'CN=middle', issuer: root, keyPair: odd, ...CA })
  t.equal(outcome(check(leaf, { through: [strange] })), 'CHAIN_BAD_SIGNATURE 0')
  t.throws(() => trust(strange), { code: 'PKI_BAD_PUBLIC_KEY' }, 'and cannot be an anchor')
})

t.test('openssl gives the same verdicts', needs('openssl'), async t => {
  const pem = (...made: Made[]) => derToPem(made.map(({ der }) => der))
  const late = await make({ name: 'CN=leaf', issuer: middle, until: '2026-06-01' })
  const plain = await make({ name: 'CN=middle', issuer: root, keyPair: middle.keyPair, basicConstraints: { ca: false } })
  const cases = { good: [leaf, middle], expired: [late, middle], 'no CA': [leaf, plain], alone: [leaf] }
  for (const [name, [from, ...through]] of Object.entries(cases)) {
    const folder = t.testdir({ root: pem(root), leaf: pem(from!), through: pem(...through) || pem(leaf) })
    const files = ['-CAfile', `${folder}/root`, '-untrusted', `${folder}/through`, `${folder}/leaf`]
    const verify = () => run(['openssl', 'verify', '-attime', String(AT.getTime() / 1000), ...files])
    const ours = check(from!, { through }).ok
    if (ours) t.match(verify().toString(), /OK/, name)
    else t.throws(verify, name)
    t.equal(ours, name === 'good')
  }
})

t.test('every code has a sentence', async t => {
  for (const [code, sentence] of Object.entries(CHAIN_ERRORS)) t.match(`${code} ${sentence}`, /^CHAIN_[A-Z_]+ [a-z].{20,}/)
})
