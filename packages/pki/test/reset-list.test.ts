import { formatTrustList, parseTrustList, type RoleName, TlvError } from '@capfkit/codec/tlv'
import t from 'tap'
import {
  buildTrustList,
  certificateRecord,
  checkSignature,
  checkTrustList,
  FileSigner,
  KnownSigner,
  parseCertificate,
  resetTrustList,
  signersOf,
} from '../src/index.ts'
import { credential, eachFlippedBit } from './trust-files.ts'

const AT = new Date('2026-11-22T00:00:00Z')
const timestamp = AT
const ROLES_OF: readonly [string, RoleName][] = [
  ['sast1', 'SAST'],
  ['sast2', 'SAST'],
  ['tftp', 'TFTP'],
  ['capf', 'CAPF'],
]
const records = ROLES_OF.map(([name, role]) => certificateRecord({ certificateDer: credential(name).certificateDer, role }))
const signer = new FileSigner(credential('sast1'))

t.test('a reset list is the old one behind a header of the recovery key', async t => {
  const recovery = new FileSigner(credential('sast2'))
  const before = await buildTrustList({ records, signer, fileName: 'ITLFile.tlv', timestamp })
  const after = await resetTrustList(before, { signer: recovery })
  t.ok(after.subarray(-before.length).equals(before), 'the old file is in it as it was')
  const { list, ok, signedBy } = checkTrustList(after)
  t.match({ ok, signedBy, headers: list.headers.length }, { ok: true, signedBy: 2, headers: 2 })
  t.equal(list.headers[0].headerLength, after.length - before.length + list.headers[1]!.headerLength)
  t.equal(list.records.length, records.length)
  t.ok(formatTrustList(list).equals(after))
  const twice = await resetTrustList(after, { signer })
  t.match(checkTrustList(twice), { ok: true, signedBy: 1 }, 'and once more')
  const thrice = await resetTrustList(twice, { signer })
  t.match(checkTrustList(thrice), { ok: true, list: { headers: { length: 4 } } })
  await t.rejects(resetTrustList(thrice, { signer }), { code: 'PKI_RESET_TOO_OFTEN' }, 'what no reader takes is not made')
  let accepted = 0
  for (const damaged of eachFlippedBit(after.subarray(0, list.headers[1]!.span.end)))
    try {
      const whole = Buffer.concat([damaged, after.subarray(damaged.length)])
      if (checkTrustList(whole).ok) accepted++
    } catch (error) {
      if (!(error instanceof TlvError)) throw error
    }
  t.equal(accepted, 0, 'no bit of either header can be flipped')
})

t.test('a signature holds for its own file only, however its parts are put together', async t => {
  const recovery = new FileSigner(credential('sast2'))
  const itl = await buildTrustList({ records, signer, fileName: 'ITLFile.tlv', timestamp })
  const reset = await resetTrustList(itl, { signer: recovery })
  const { headers } = parseTrustList(reset)
  const [outer, inner] = [headers[0], headers[1]!]
  const fewer = await buildTrustList({ records: records.slice(0, 3), signer, fileName: 'ITLFile.tlv', timestamp })
  const [other] = parseTrustList(fewer).headers
  const { records: parsed } = parseTrustList(itl)
  const verdictOf = (list: Parameters<typeof formatTrustList>[0]) => {
    const bytes = formatTrustList(list)
    return checkSignature(bytes, parseTrustList(bytes).headers[0], signersOf(parsed)).verdict
  }
  t.equal(verdictOf({ headers: [outer, inner], records: parsed }), 'valid')
  t.equal(verdictOf({ headers: [inner], records: parsed }), 'valid', 'the file of before is what it was')
  t.equal(verdictOf({ headers: [inner, inner], records: parsed }), 'bad-signature', 'the inner header in front of itself')
  t.equal(verdictOf({ headers: [inner, outer], records: parsed }), 'bad-signature', 'the headers swapped')
  t.equal(verdictOf({ headers: [outer], records: parsed }), 'bad-signature', 'the outer header without the inner one')
  t.equal(verdictOf({ headers: [outer, other], records: parsed }), 'bad-signature', 'another header inside')
  t.equal(verdictOf({ headers: [{ ...outer, signature: inner.signature }, inner], records: parsed }), 'bad-signature')
  t.equal(verdictOf({ headers: [inner], records: parsed.toReversed() }), 'bad-signature', 'records in another order')
  t.equal(verdictOf({ headers: [inner], records: [...parsed, { role: 4 }] }), 'bad-signature', 'a record more')
  t.equal(verdictOf({ headers: [{ ...inner, signerVersion: { major: 1, minor: 1 } }], records: parsed }), 'bad-signature')
})

t.test('a signer that does not stand in the list is judged, too', async t => {
  const { certificateDer } = credential('phone')
  const before = await buildTrustList({ records, signer, fileName: 'ITLFile.tlv', timestamp })
  const reset = await resetTrustList(before, { signer: new FileSigner(credential('phone')) })
  const signers = [KnownSigner.ofCertificate(certificateDer)]
  t.match(checkTrustList(reset, { signers, at: AT }), { ok: true, findings: [], signedBy: undefined })
  const { notAfter } = parseCertificate(certificateDer)
  const late = checkTrustList(reset, { signers, at: new Date(notAfter.getTime() + 1000) })
  t.match(late.findings[0], { code: 'TRUST_CERTIFICATE_EXPIRED', record: undefined }, 'of the file, not of a record')
})
