import { formatRecord, formatTrustList, type Header, parseTrustList, ROLES, type TrustRecord, writeFile } from '@capfkit/codec/tlv'
import t from 'tap'

/** A name of CUCM, of so many characters: what is short of it is put into the CN. */
const TAIL = ';OU=TAC;O=Cisco Systems;L=Boxborough;ST=MA;C=US'
const CAPF = `CN=CAPF-7f0ae8d7${TAIL}`
const PUBLISHER = `CN=ao115pub${TAIL}`
const RECOVERY = `CN=ITLRECOVERY_ao115pub${TAIL}`
const SUBSCRIBER_EC = `CN=ao115sub-EC${TAIL}`

const bytes = (size: number) => Buffer.alloc(size, 0xa5)

const named = (name: string, rest: Partial<TrustRecord> & { role: number }): TrustRecord => ({
  dnsName: ' ',
  subjectName: name,
  issuerName: name,
  serialNumber: bytes(16),
  publicKey: bytes(270),
  signature: bytes(256),
  ...rest,
})
const byHash = { certificateHash: bytes(20), hashAlgorithm: 1 }

t.test('records have the lengths that a real `show itl` prints', async t => {
  const rows = [
    { length: 727, record: named(CAPF, { role: ROLES.CAPF.number, ...byHash }) },
    { length: 717, record: named(PUBLISHER, { role: ROLES.TVS.number, ...byHash }) },
    { length: 1680, record: named(RECOVERY, { role: ROLES.SAST.number, certificateDer: bytes(963) }) },
    { length: 1652, record: named(PUBLISHER, { role: ROLES.TFTP.number, certificateDer: bytes(959) }) },
    {
      length: 1031,
      record: named(SUBSCRIBER_EC, {
        role: ROLES.TFTP.number,
        dnsName: 'ao115sub',
        publicKey: bytes(97),
        signature: bytes(103),
        certificateDer: bytes(651),
      }),
    },
  ]
  for (const { length, record } of rows) {
    const formatted = formatRecord(record)
    t.equal(formatted.length, length)
    t.equal(formatted.readUInt16BE(3), length, 'RECORDLENGTH counts itself')
  }
})

t.test('a record of a cluster without security is a name, a role and an address: 33 bytes', async t => {
  const record: TrustRecord = { dnsName: '10.106.97.18', role: ROLES['CCM+TFTP'].number, ipAddress: '10.106.97.18' }
  t.equal(formatRecord(record).length, 33)
  const [header] = [headerOf({ nameBytes: 50, serialBytes: 10, signatureBytes: 128 })]
  const list = parseTrustList(formatTrustList({ headers: [header], records: [record] }))
  t.match(list.records, [record])
})

const MODULUS: Record<number, number> = { 128: 1, 256: 2 }

/** `nameBytes` with the NUL. */
const headerOf = ({
  nameBytes,
  serialBytes,
  signatureBytes,
}: {
  nameBytes: number
  serialBytes: number
  signatureBytes: number
}): Header => ({
  version: { major: 1, minor: 2 },
  signer: { name: 'N'.repeat(nameBytes - 1), serialNumber: bytes(serialBytes), issuerName: 'C'.repeat(nameBytes - 1) },
  signatureInfo: { digest: 1, signature: { algorithm: 0, modulus: MODULUS[signatureBytes]! } },
  signature: bytes(signatureBytes),
  fileName: 'ITLFile.tlv',
  timestamp: 1_457_657_809,
})

t.test('headers have the lengths that CUCM prints', async t => {
  // SIGNERID 117 is three lengths and 108 bytes: two names of 49 and a serial number of 10.
  const old = writeFile([headerOf({ nameBytes: 49, serialBytes: 10, signatureBytes: 128 })], []).bytes
  t.equal(old.length, 304)
  const today = headerOf({ nameBytes: 57, serialBytes: 16, signatureBytes: 256 })
  t.equal(writeFile([today], []).bytes.length, 452)

  const { fileName: _, timestamp: __, ...recovery } = headerOf({ nameBytes: 69, serialBytes: 16, signatureBytes: 256 })
  const reset = writeFile([recovery, today], [])
  t.equal(reset.bytes.length, 908)
  t.equal(reset.bytes.readUInt16BE(8), 908, 'the outer HeaderLength covers both')
  t.equal(reset.signatureField.start + 3, 197, 'the signature stands where the log of a reset says')
  const { headers } = parseTrustList(reset.bytes)
  t.strictSame(
    headers.map(({ span }) => span),
    [
      { start: 0, end: 456 },
      { start: 456, end: 908 },
    ],
  )
  t.ok(formatTrustList({ headers, records: [] }).equals(reset.bytes))
})
