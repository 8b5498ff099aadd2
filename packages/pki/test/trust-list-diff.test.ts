import { parseTrustList, type RoleName, type TrustRecord } from '@capfkit/codec/tlv'
import t from 'tap'
import {
  acceptanceOf,
  buildTrustList,
  certificateRecord,
  diffHeaders,
  diffRecords,
  FileSigner,
  generateKeyPair,
  parseKeySpec,
  resetTrustList,
} from '../src/index.ts'
import { make } from './made-certificates.ts'
import { credential, recorded } from './trust-files.ts'

const recordOf = (name: string, role: RoleName, rest: Partial<TrustRecord> = {}): TrustRecord => ({
  ...certificateRecord({ certificateDer: credential(name).certificateDer, role }),
  ...rest,
})
const hashOf = (name: string, role: RoleName) =>
  certificateRecord({ certificateDer: credential(name).certificateDer, role, form: 'hash' })

const SAST = recordOf('sast1', 'SAST')
const CLUSTER = [SAST, recordOf('ccm', 'CCM+TFTP'), recordOf('capf', 'CAPF'), recordOf('tvs', 'TVS')]
const signer = new FileSigner(credential('sast1'))
const other = new FileSigner(credential('sast2'))

type Made = { records?: readonly TrustRecord[]; by?: FileSigner; at?: string }
const listOf = ({ records = CLUSTER, by = signer, at = '2026-11-22T00:00:00Z' }: Made = {}) =>
  buildTrustList({ records, signer: by, fileName: 'ITLFile.tlv', timestamp: new Date(at) })

const diff = async (before: Made, after: Made) =>
  diffRecords(parseTrustList(await listOf(before)), parseTrustList(await listOf(after)))

/** Another certificate under the name of a recorded one. */
const renewedAs = async (name: string, key: 'rsa:2048' | 'ec:p256' = 'rsa:2048') =>
  make({ name, keyPair: await generateKeyPair(parseKeySpec(key)) })

t.test('what was renewed, added, removed and rewritten is told apart, whatever the order', async t => {
  const { der } = await renewedAs('O=Throwaway,OU=TLV,CN=CAPF-0a1b2c3d')
  const after = [
    hashOf('tvs', 'TVS'),
    SAST,
    certificateRecord({ certificateDer: der, role: 'CAPF' }),
    recordOf('app', 'APP-SERVER'),
  ]
  const changes = await diff({}, { records: after })
  t.strictSame(
    changes.map(({ kind, role, before, after }) => [kind, role, before, after]),
    [
      ['rewritten', 'TVS', 4, 1],
      ['renewed', 'CAPF', 3, 3],
      ['added', 'APP-SERVER', undefined, 4],
      ['removed', 'CCM+TFTP', 2, undefined],
    ],
  )
  t.strictSame(changes[0]?.fields, [{ what: 'form', before: 'certificate', after: 'hash' }])
  t.match(
    changes[1]?.fields.map(({ what }) => what),
    ['serial number', 'key'],
  )
  t.strictSame(await diff({}, { records: CLUSTER.toReversed() }), [], 'another order is no change')
})

t.test('a name for an RSA and an EC certificate: each is compared with its own kind', async t => {
  const name = 'CN=cucm,O=Example'
  const [rsa, rsaAgain, ec] = [await renewedAs(name), await renewedAs(name), await renewedAs(name, 'ec:p256')]
  const tftp = ({ der }: { der: Buffer }) => certificateRecord({ certificateDer: der, role: 'TFTP' })
  const changes = await diff({ records: [SAST, tftp(ec), tftp(rsa)] }, { records: [SAST, tftp(rsaAgain), tftp(ec)] })
  t.match(changes, [{ kind: 'renewed', before: 3, after: 2 }])
  t.equal(changes.length, 1)
})

t.test('addresses without a certificate', async t => {
  const at = (ipAddress: string): TrustRecord => ({ dnsName: 'cucm.example', role: 2, ipAddress })
  const changes = await diff({ records: [SAST, at('192.0.2.1')] }, { records: [SAST, at('192.0.2.2')] })
  t.match(changes, [{ kind: 'rewritten', fields: [{ what: 'IPADDRESS', before: '192.0.2.1', after: '192.0.2.2' }] }])
})

t.test('blank names and names that are not there tell no server from another', async t => {
  const at = (ipAddress: string, dnsName?: string): TrustRecord => ({ role: 2, ipAddress, ...(dnsName ? { dnsName } : {}) })
  for (const blank of [' ', '\0', undefined]) {
    const before = { records: [SAST, at('192.0.2.1', blank), at('192.0.2.2', blank)] }
    t.strictSame(await diff(before, { records: [SAST, at('192.0.2.2'), at('192.0.2.1')] }), [], 'only their order changed')
    const changes = await diff(before, { records: [SAST, at('192.0.2.3'), at('192.0.2.1')] })
    t.match(changes, [
      { kind: 'added', after: 2 },
      { kind: 'removed', before: 3 },
    ])
  }
  t.strictSame(await diff({ records: [SAST, { role: 2 }] }, { records: [SAST, { role: 2 }] }), [])
})

t.test('a thousand times more records than phones bear are compared, too', async t => {
  const named = (letter: string) =>
    Array.from({ length: 15_000 }, (_, index): TrustRecord => ({ role: 21, subjectName: `CN=${letter}${index};O=Example` }))
  const [before, after] = [await listOf({ records: [SAST, ...named('a')] }), await listOf({ records: [SAST, ...named('b')] })]
  const kinds = diffRecords(parseTrustList(before), parseTrustList(after)).map(({ kind }) => kind)
  t.equal(kinds.filter(kind => kind === 'added').length, 15_000)
  t.equal(kinds.filter(kind => kind === 'removed').length, 15_000)
  t.strictSame(acceptanceOf(before, after), { verdict: 'accepted', signedBy: 1 })
})

t.test('what the header says otherwise', async t => {
  const records = [...CLUSTER, recordOf('sast2', 'SAST')]
  const before = await listOf({ records })
  const after = await listOf({ records, by: other, at: '2026-11-23T00:00:00Z' })
  const changes = diffHeaders(parseTrustList(before), parseTrustList(after))
  t.strictSame(
    changes.map(({ what }) => what),
    ['signer', 'TIMESTAMP'],
  )
  t.match(changes[1], { before: '2026-11-22T00:00:00.000Z', after: '2026-11-23T00:00:00.000Z' })
  const reset = parseTrustList(await resetTrustList(before, { signer: other }))
  const resetChanges = diffHeaders(parseTrustList(before), reset).map(({ what }) => what)
  t.strictSame(resetChanges, ['signer', 'FILENAME', 'TIMESTAMP', 'headers'])
  t.strictSame(diffHeaders(reset, reset), [])
})

t.test('whether phones with the one list take the other', async t => {
  const before = await listOf()
  const others = CLUSTER.with(0, recordOf('sast2', 'SAST'))
  const byOther = { records: others, by: other }
  const { der: newTvs } = await renewedAs('O=Throwaway,OU=TLV,CN=cucm-tvs')
  const renewedTvs = certificateRecord({ certificateDer: newTvs, role: 'TVS' })
  const damaged = recorded('../bad-flip-filename.tlv')

  t.strictSame(acceptanceOf(before, await listOf({ records: [SAST] })), { verdict: 'accepted', signedBy: 1 })
  t.strictSame(acceptanceOf(before, await listOf(byOther)), { verdict: 'asks-tvs' })
  t.strictSame(
    acceptanceOf(before, await listOf({ ...byOther, records: others.with(3, hashOf('tvs', 'TVS')) })),
    { verdict: 'asks-tvs' },
    'TVS is the same by its hash, too',
  )
  t.strictSame(
    acceptanceOf(before, await listOf({ ...byOther, records: others.with(3, renewedTvs) })),
    { verdict: 'locked-out', cause: 'tvs-renewed' },
    'CallManager and TVS renewed together',
  )
  const noTvs = await listOf({ records: CLUSTER.slice(0, 3) })
  t.strictSame(acceptanceOf(noTvs, await listOf(byOther)), { verdict: 'locked-out', cause: 'no-tvs' })
  t.strictSame(acceptanceOf(await listOf({ records: [] }), before), { verdict: 'on-faith' })
  t.strictSame(acceptanceOf(recorded('ITLFile.tlv'), damaged), { verdict: 'refused' })
  t.strictSame(acceptanceOf(noTvs, damaged), { verdict: 'refused' }, 'a wrong signature is not for TVS to judge')

  const withRecovery = await listOf({ records: [...CLUSTER, recordOf('sast2', 'SAST')] })
  const reset = await resetTrustList(await listOf(byOther), { signer: other })
  t.strictSame(acceptanceOf(withRecovery, reset), { verdict: 'accepted', signedBy: 5 }, 'which is what the recovery key is for')
})
