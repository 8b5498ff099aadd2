import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTrustList, parseTrustList, type RoleName, signedParts, TlvError } from '@capfkit/codec/tlv'
import t from 'tap'
import {
  buildTrustList,
  certificateRecord,
  checkSignature,
  checkTrustList,
  FileSigner,
  formatListName,
  generateKeyPair,
  KnownSigner,
  parseCertificate,
  parseKeySpec,
  parseName,
  recordMatches,
  sameListName,
  signersOf,
} from '../src/index.ts'
import { make } from './made-certificates.ts'
import { needs, run } from './programs.ts'
import { credential, eachFlippedBit, FOLDER, recorded } from './trust-files.ts'

const AT = new Date('2026-11-22T00:00:00Z')
const timestamp = AT
const ROLES_OF: readonly [string, RoleName][] = [
  ['sast1', 'SAST'],
  ['sast2', 'SAST'],
  ['ccm', 'CCM+TFTP'],
  ['ccm-ec', 'CCM'],
  ['tftp', 'TFTP'],
  ['capf', 'CAPF'],
  ['tvs', 'TVS'],
  ['tvs-ec', 'TVS'],
]
const records = ROLES_OF.map(([name, role]) => certificateRecord({ certificateDer: credential(name).certificateDer, role }))
const signer = new FileSigner(credential('sast1'))
const codes = ({ findings }: ReturnType<typeof checkTrustList>) =>
  findings.map(({ code, record }) => (record ? `${code} ${record}` : code))

t.test('the recorded lists are sound, signed by their first record', async t => {
  for (const name of ['ITLFile.tlv', 'CTLFile.tlv']) {
    const check = checkTrustList(recorded(name), { at: AT })
    t.match(check, { ok: true, findings: [], signedBy: 1 }, name)
  }
})

t.test('the records of a tool that shares no code with us are made again from its certificates', async t => {
  const theirs = parseTrustList(recorded('ITLFile.tlv')).records
  t.equal(theirs.length, records.length)
  for (const [index, record] of records.entries()) {
    const { dnsName: _, subjectName, issuerName, ...rest } = record
    t.match(theirs[index], rest, `record ${index + 1}`)
    t.ok(sameListName(subjectName!, theirs[index]!.subjectName!))
    t.ok(sameListName(issuerName!, theirs[index]!.issuerName!))
  }
})

t.test('a list with one bit flipped, or cut short, is never accepted', async t => {
  for (const name of ['ITLFile.tlv', 'CTLFile.tlv']) {
    const bytes = recorded(name)
    const signers = signersOf(parseTrustList(bytes).records)
    let [accepted, refused, unreadable] = [0, 0, 0]
    const judge = (damaged: Buffer) => {
      try {
        const { headers, records } = parseTrustList(damaged)
        const bySelf = checkSignature(damaged, headers[0], signersOf(records)).verdict
        const byStored = name === 'CTLFile.tlv' && checkSignature(damaged, headers[0], signers).verdict
        if (bySelf === 'valid' || byStored === 'valid') accepted++
        else refused++
      } catch (error) {
        if (!(error instanceof TlvError)) throw error
        unreadable++
      }
    }
    for (const damaged of eachFlippedBit(bytes)) judge(damaged)
    for (let length = 0; length < bytes.length; length++) judge(bytes.subarray(0, length))
    t.equal(accepted, 0, name)
    t.equal(refused + unreadable, bytes.length * 9, `${refused} refused, ${unreadable} unreadable`)
  }
  t.match(checkTrustList(Buffer.from(recorded('../bad-flip-filename.tlv'))), {
    ok: false,
    findings: [{ code: 'TRUST_BAD_SIGNATURE' }],
  })
})

for (const { digest, key, signatureBytes } of [
  { digest: 'sha1', key: 'rsa:512', signatureBytes: 64 },
  { digest: 'sha1', key: 'rsa:1024', signatureBytes: 128 },
  { digest: 'sha512', key: 'rsa:1024', signatureBytes: 128 },
  { digest: 'sha1', key: 'rsa:2048', signatureBytes: 256 },
  { digest: 'sha512', key: 'rsa:2048', signatureBytes: 256 },
  { digest: 'sha512', key: 'rsa:4096', signatureBytes: 512 },
] as const)
  t.test(`a list signed with ${key} and ${digest} is verified by openssl and by us`, needs('openssl'), async t => {
    const keyPair = await generateKeyPair(parseKeySpec(key))
    const { der, keyPair: made } = await make({ name: 'CN=sast,O=Test', keyPair })
    const by = new FileSigner({ certificateDer: der, privateKey: made.privateKey })
    const sast = certificateRecord({ certificateDer: der, role: 'SAST' })
    const bytes = await buildTrustList({
      records: [sast, ...records.slice(2)],
      signer: by,
      digest,
      fileName: 'ITLFile.tlv',
      timestamp,
    })
    const check = checkTrustList(bytes, { at: AT })
    t.match(check, { ok: true, signedBy: 1 })
    const [header] = check.list.headers
    t.equal(header.signature.length, signatureBytes)
    t.equal(header.timestamp, AT.getTime() / 1000)
    t.ok(formatTrustList(check.list).equals(bytes))

    const folder = mkdtempSync(join(tmpdir(), 'capfkit-trust-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const file = (name: string, content: Buffer | string) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const key_ = file('key', made.publicKeyDer)
    const signature = file('signature', header.signature)
    const signed = file('signed', Buffer.concat(signedParts(bytes, header)))
    const said = run(['openssl', 'dgst', `-${digest}`, '-keyform', 'DER', '-verify', key_, '-signature', signature, signed])
    t.match(said.toString(), 'Verified OK')
  })

t.test('openssl made the signature of the recorded list, and it is the one that we would make', needs('openssl'), async t => {
  const bytes = recorded('ITLFile.tlv')
  const [header] = parseTrustList(bytes).headers
  const digest = createHash('sha1')
    .update(Buffer.concat(signedParts(bytes, header)))
    .digest()
  const key = join(FOLDER, 'sast1.pem')
  const signature = run(['openssl', 'pkeyutl', '-sign', '-inkey', key, '-pkeyopt', 'digest:sha1'], digest)
  t.ok(signature.equals(header.signature))
})

t.test('who signed must be known, by name, number and key', async t => {
  const bytes = await buildTrustList({ records, signer, fileName: 'ITLFile.tlv', timestamp })
  const [header] = parseTrustList(bytes).headers
  const known = (name: string) => [KnownSigner.ofCertificate(credential(name).certificateDer)]
  t.equal(checkSignature(bytes, header, known('sast1')).verdict, 'valid')
  t.equal(checkSignature(bytes, header, known('sast2')).verdict, 'unknown-signer')
  t.equal(checkSignature(bytes, header, []).verdict, 'unknown-signer')
  const { der } = await make({ name: 'CN=cucm-sast1,OU=TLV,O=Throwaway', keyPair: await generateKeyPair(parseKeySpec('rsa:2048')) })
  t.equal(
    checkSignature(bytes, header, [KnownSigner.ofCertificate(der)]).verdict,
    'unknown-signer',
    'the same name, another number',
  )
  t.match(codes(checkTrustList(bytes, { signers: known('sast2') })), ['TRUST_UNKNOWN_SIGNER'])
})

t.test('only tokens and TFTP servers may sign: a list signed by its CAPF or TVS certificate is refused', async t => {
  for (const [name, role] of [
    ['capf', 'CAPF'],
    ['tvs', 'TVS'],
    ['ccm', 'CCM'],
    ['app', 'APP-SERVER'],
  ] as const) {
    const { certificateDer } = credential(name)
    t.equal(KnownSigner.ofRecord(certificateRecord({ certificateDer, role })), undefined, role)
  }
  for (const role of ['SAST', 'CCM+TFTP', 'TFTP'] as const) {
    const { certificateDer } = credential('tftp')
    t.ok(KnownSigner.ofRecord(certificateRecord({ certificateDer, role })), role)
    t.equal(KnownSigner.ofRecord(certificateRecord({ certificateDer, role, form: 'hash' })), undefined, `${role} by hash`)
  }
})

t.test('a list that no phone could check is not made', async t => {
  const third = certificateRecord({ certificateDer: credential('tftp').certificateDer, role: 'SAST' })
  const options = { signer, fileName: 'ITLFile.tlv', timestamp }
  await t.rejects(buildTrustList({ ...options, records: [...records, third] }), { code: 'PKI_TOO_MANY_SAST' })
  await t.rejects(buildTrustList({ ...options, records: records.slice(1) }), { code: 'PKI_SIGNER_NOT_IN_LIST' })
  t.match(codes(checkTrustList(await buildTrustList({ ...options, records: [] }))), ['TRUST_UNKNOWN_SIGNER', 'TRUST_EMPTY'])
  t.throws(() => new FileSigner(credential('ccm-ec')), { code: 'PKI_SIGNER_KEY' })
  const other = { certificateDer: credential('sast1').certificateDer, privateKey: credential('sast2').privateKey }
  t.throws(() => new FileSigner(other), { code: 'PKI_KEY_MISMATCH' })
  const { der, keyPair } = await make({ name: 'CN=odd', keyPair: await generateKeyPair(parseKeySpec('rsa:3072')) })
  t.throws(
    () => new FileSigner({ certificateDer: der, privateKey: keyPair.privateKey }),
    { code: 'PKI_SIGNER_KEY' },
    'there is no number for 3072',
  )
})

t.test('what is wrong with the records is said, with the record', async t => {
  const options = { signer, fileName: 'ITLFile.tlv', timestamp }
  const lying = {
    ...records[5]!,
    subjectName: 'CN=somebody else',
    serialNumber: Buffer.of(1),
    publicKey: Buffer.alloc(9),
    signature: Buffer.alloc(9),
  }
  const strange = { role: 99 }
  const broken = { ...records[6]!, certificateDer: Buffer.from('3000', 'hex') }
  const check = checkTrustList(await buildTrustList({ ...options, records: [records[0]!, lying, strange, broken] }), { at: AT })
  t.notOk(check.ok)
  t.strictSame(codes(check), [
    'TRUST_RECORD_MISMATCH 2',
    'TRUST_RECORD_MISMATCH 2',
    'TRUST_RECORD_MISMATCH 2',
    'TRUST_RECORD_MISMATCH 2',
    'TRUST_UNKNOWN_ROLE 3',
    'TRUST_BAD_CERTIFICATE 4',
  ])
  t.strictSame(
    check.findings.slice(0, 4).map(({ detail }) => detail),
    ['SUBJECTNAME', 'SERIALNUMBER', 'PUBLICKEY', 'SIGNATURE'],
  )

  const sound = await buildTrustList({ ...options, records: records.slice(0, 5) })
  t.match(checkTrustList(sound), { ok: true, findings: [{ code: 'TRUST_NO_CAPF' }] }, 'a warning is no problem')
  const { notAfter } = parseCertificate(credential('sast1').certificateDer)
  const late = new Date(notAfter.getTime() + 1000)
  t.ok(codes(checkTrustList(sound, { at: late })).includes('TRUST_CERTIFICATE_EXPIRED 1'))
  t.ok(codes(checkTrustList(sound, { at: new Date(0) })).includes('TRUST_CERTIFICATE_EARLY 1'))
  t.ok(checkTrustList(sound).ok, 'without a date, dates are not looked at')

  const many = Array.from({ length: 60 }, () => records[4]!)
  const long = await buildTrustList({ ...options, records: [...records, ...many] })
  t.match(codes(checkTrustList(long)), ['TRUST_LONG'])
})

t.test('a record stands for its certificate, by bytes or by hash', async t => {
  const { certificateDer } = credential('capf')
  const other = credential('tvs').certificateDer
  for (const form of ['full', 'hash'] as const) {
    const record = certificateRecord({ certificateDer, role: 'CAPF', form })
    t.ok(recordMatches(record, certificateDer), form)
    t.notOk(recordMatches(record, other), form)
    t.equal('certificateDer' in record, form === 'full')
  }
  t.notOk(recordMatches({ role: 4 }, certificateDer), 'an address stands for no certificate')
  const hashed = certificateRecord({ certificateDer, role: 'CAPF', form: 'hash' })
  t.notOk(recordMatches({ ...hashed, hashAlgorithm: 9 }, certificateDer), 'a hash that nobody knows matches nothing')
})

t.test('names are written as CUCM writes them, and known again in any order', async t => {
  const name = parseName('C=US,O=Cisco Systems,OU=TAC,CN=CAPF-7f0ae8d7,ST=MA,L=Boxborough')
  t.equal(formatListName(name), 'CN=CAPF-7f0ae8d7;OU=TAC;O=Cisco Systems;L=Boxborough;ST=MA;C=US')
  t.ok(sameListName('CN=a;O=b', 'O=b,CN=a'))
  t.notOk(sameListName('CN=a;O=b', 'CN=a'))
  t.notOk(sameListName('CN=a', 'CN=A'), 'values are compared as they are')
  t.notOk(sameListName('no name', 'CN=a'))
  t.ok(sameListName('no name', 'no name'))
})
