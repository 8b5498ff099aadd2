import { formatSignedFile, parseSignedFile, parseTrustList, TlvError } from '@capfkit/codec/tlv'
import t from 'tap'
import {
  checkSignedFile,
  checkTrustList,
  KnownSigner,
  LIST_PROFILES,
  parseCertificate,
  profileRecords,
  signersOf,
} from '../src/index.ts'
import { credential, recorded } from './trust-files.ts'

const NAME = 'SEP00000000D001.cnf.xml.enc.sgn'
const tftp = credential('tftp').certificateDer
const known = [KnownSigner.ofCertificate(tftp)]
const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code)

t.test('a recorded file is believed by the certificate of its signer, or by a list that has it', async t => {
  for (const signers of [known, signersOf(parseTrustList(recorded('ITLFile.tlv')).records)]) {
    const check = checkSignedFile(recorded(NAME), { signers, fileName: NAME })
    t.match(check, { ok: true, findings: [] })
    t.ok(check.signer?.certificateDer.equals(tftp))
  }
  const byCtl = checkSignedFile(recorded(NAME), { signers: signersOf(parseTrustList(recorded('CTLFile.tlv')).records) })
  t.match(byCtl, { ok: false, findings: [{ code: 'TRUST_UNKNOWN_SIGNER' }], signer: undefined }, 'this list has no TFTP record')
})

t.test('what is wrong with a signed file is said', async t => {
  const bytes = recorded(NAME)
  const damaged = Buffer.from(bytes)
  damaged[damaged.length - 1]! ^= 1
  t.strictSame(codes(checkSignedFile(damaged, { signers: known }).findings), ['TRUST_BAD_SIGNATURE'])
  const { notBefore, notAfter } = parseCertificate(tftp)
  const judged = (at: Date) => codes(checkSignedFile(bytes, { signers: known, at }).findings)
  t.strictSame(judged(new Date(notAfter.getTime() + 1000)), ['TRUST_CERTIFICATE_EXPIRED'])
  t.strictSame(judged(new Date(notBefore.getTime() - 1000)), ['TRUST_CERTIFICATE_EARLY'])
  const renamed = checkSignedFile(bytes, { signers: known, fileName: 'SEP00000000D002.cnf.xml.enc.sgn' })
  t.match(renamed, { ok: true, findings: [{ code: 'TRUST_OTHER_NAME', detail: NAME }] }, 'a warning')
  t.throws(() => checkSignedFile(bytes.subarray(0, 100), { signers: known }), TlvError)
})

t.test('a signer whose certificate can be read for its key only is a finding, not a failure', async t => {
  const signedBy = (certificateDer: Buffer) => {
    const { records } = parseTrustList(recorded('ITLFile.tlv'))
    const there = records.find(record => record.certificateDer?.equals(tftp))!
    return signersOf([{ ...there, certificateDer }])
  }
  const odd = Buffer.from(tftp)
  // UTCTime of notBefore: a month that no calendar has.
  odd.write('99', odd.indexOf(Buffer.from('170d', 'hex')) + 4, 'latin1')
  t.throws(() => parseCertificate(odd), { code: 'PKI_BAD_CERTIFICATE' })
  t.match(checkSignedFile(recorded(NAME), { signers: signedBy(odd) }), {
    ok: false,
    findings: [{ code: 'TRUST_BAD_CERTIFICATE' }],
  })
})

t.test('a digest or algorithm that nobody knows is not a wrong signature', async t => {
  const { header, content } = parseSignedFile(recorded(NAME))
  const { signatureInfo } = header
  for (const changed of [
    { ...signatureInfo, digest: 9 },
    { ...signatureInfo, signature: { ...signatureInfo.signature, algorithm: 7 } },
  ]) {
    const bytes = formatSignedFile({ header: { ...header, signatureInfo: changed }, content })
    t.match(checkSignedFile(bytes, { signers: known }), { ok: false, findings: [{ code: 'TRUST_UNKNOWN_ALGORITHM' }] })
  }
  const list = Buffer.from(recorded('CTLFile.tlv'))
  const at = parseTrustList(list).headers[0].signatureField.start - 15
  t.strictSame([...list.subarray(at, at + 4)], [8, 0, 1, 1], 'DIGESTALGORTITHM')
  list[at + 3] = 200
  t.match(checkTrustList(list), { ok: false, findings: [{ code: 'TRUST_UNKNOWN_ALGORITHM' }] })
})

t.test('a profile says the order of records and which are by hash', async t => {
  const certificates = {
    SAST: [credential('sast1').certificateDer, credential('sast2').certificateDer],
    TVS: [credential('tvs').certificateDer],
    CAPF: [credential('capf').certificateDer],
    TFTP: [tftp],
  }
  const shape = (profile: keyof typeof LIST_PROFILES) =>
    profileRecords(certificates, profile).map(({ role, certificateDer, dnsName }) => [role, certificateDer !== undefined, dnsName])
  t.strictSame(shape('full'), [
    [0, true, undefined],
    [0, true, undefined],
    [3, true, undefined],
    [4, true, undefined],
    [21, true, undefined],
  ])
  t.strictSame(shape('cucm'), [
    [4, false, ' '],
    [21, false, ' '],
    [0, true, ' '],
    [0, true, ' '],
    [3, true, ' '],
  ])
  for (const { order } of Object.values(LIST_PROFILES)) t.equal(new Set(order).size, 7, 'every role has its place')
})
