import {
  formatSignedFile,
  formatTrustList,
  looksSigned,
  parseSignedFile,
  parseTrustList,
  ROLES,
  roleName,
} from '@capfkit/codec/tlv'
import t from 'tap'
import { RECORDED_LISTS, RECORDED_SIGNED, recorded, recordedParse } from './tlv-files.ts'

const bytesOf = (text: string | undefined) => (text === undefined ? undefined : Number.parseInt(text, 10))

for (const name of RECORDED_LISTS)
  t.test(`${name}.tlv is read as another tool reads it, and written back byte by byte`, async t => {
    const bytes = recorded(`${name}.tlv`)
    const { headers, records } = parseTrustList(bytes)
    const [head = {}, ...rows] = recordedParse(name)
    t.equal(headers.length, 1)
    const [header] = headers
    const { version, signerVersion, signer, signature, fileName } = header
    t.equal(`${version.major}.${version.minor}`, head.Version)
    t.equal(`${signerVersion?.major}.${signerVersion?.minor}`, head['Signer Version'])
    t.equal(header.headerLength, bytesOf(head['Header Length']))
    t.equal(signer.name, head['Signer Name'])
    t.equal(signer.issuerName, head['Issuer Name'])
    t.equal(signer.serialNumber.toString('hex'), head['Serial Number'])
    t.equal(signature.length, bytesOf(head.Signature))
    t.equal(fileName, head.Filename)
    t.equal(records.length, rows.length)
    for (const [index, row] of rows.entries()) {
      const record = records[index]!
      t.equal(record.recordLength, bytesOf(row['Record Length']), `record ${index + 1}`)
      t.equal(record.subjectName, row['Subject Name'])
      t.equal(record.issuerName, row['Issuer Name'])
      t.equal(record.serialNumber?.toString('hex'), row['Serial Numer'])
      t.equal(roleName(record.role), row.Role)
      t.equal(record.publicKey?.length, bytesOf(row['Public Key']))
      t.equal(record.signature?.length, bytesOf(row.Signature))
      t.equal(record.certificateDer?.length, bytesOf(row.Certificate))
    }
    t.ok(formatTrustList({ headers, records }).equals(bytes))
  })

for (const name of RECORDED_SIGNED)
  t.test(`${name} is read as another tool reads it, and written back byte by byte`, async t => {
    const bytes = recorded(name)
    const file = parseSignedFile(bytes)
    const [head = {}] = recordedParse(name)
    const { header } = file
    t.equal(`${header.version.major}.${header.version.minor}`, head.Version)
    t.equal(header.headerLength, bytesOf(head['Header Length']))
    t.equal(header.signer.name, head['Signer Name'])
    t.equal(header.fileName, head.Filename)
    t.equal(header.encryption?.content.iv.length, bytesOf(head['Encryption IV']))
    t.equal(header.encryption?.key.encryptedKey.length, bytesOf(head['Encryption Key']))
    t.equal(header.contentDigest?.toString('hex'), head['Encryption Digest'])
    t.equal(file.content.length, bytes.length - header.headerLength)
    t.ok(formatSignedFile(file).equals(bytes))
    t.ok(looksSigned(bytes))
  })

t.test('the order of the signer in the recordings is not that of CUCM, and is kept', async t => {
  const list = parseTrustList(recorded('ITLFile.tlv'))
  t.strictSame(list.headers[0].order, [1, 2, 28, [3, [4, 6, 5]], 7, 12, 14, 15])
  const { order: _, ...canonical } = list.headers[0]
  const again = formatTrustList({ headers: [canonical], records: list.records })
  t.equal(again.length, recorded('ITLFile.tlv').length)
  t.strictSame(parseTrustList(again).headers[0].signer, list.headers[0].signer)
  t.equal(parseTrustList(again).headers[0].order, undefined)
})

t.test('every role has a number of its own', async t => {
  for (const [name, { number }] of Object.entries(ROLES)) t.equal(roleName(number), name)
  t.equal(roleName(5), undefined)
})
