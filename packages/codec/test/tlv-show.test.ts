import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  formatTrustList,
  listKind,
  parseTrustList,
  ROLES,
  type RoleName,
  type ShowOptions,
  showCorruptList,
  showHeader,
  showMissingList,
  showTrustList,
  type TrustRecord,
  writeFile,
} from '@capfkit/codec/tlv'
import t from 'tap'
import { recorded } from './tlv-files.ts'

const hash = (algorithm: string) => (data: Buffer) => createHash(algorithm).update(data).digest()
const sha1Of = hash('sha1')
const FILE = { kind: 'ITL', lengthBytes: 5438, md5: '00'.repeat(16), sha1: '11'.repeat(20) } as const
const OPTIONS: ShowOptions = { ...FILE, sha1Of, isVerified: true }

const header = {
  version: { major: 1, minor: 2 },
  signer: { name: 'CN=a;O=b', serialNumber: Buffer.from('05aa', 'hex'), issuerName: 'CN=c' },
  signatureInfo: { digest: 1, signature: { algorithm: 0, modulus: 0 } },
  signature: Buffer.from('65ba020ade2b13b8'.repeat(8), 'hex'),
  fileName: 'ITLFile.tlv',
  timestamp: 1_457_657_809,
}
const listOf = (...records: TrustRecord[]) => parseTrustList(formatTrustList({ headers: [header], records }))

/** Tabs, blanks and blank lines are lost in a published print, and its dividers are cut. */
const substance = (lines: readonly string[]) =>
  lines.map(line => line.trim().replace(/\s+/g, ' ')).filter(line => line !== '' && !line.startsWith('-'))

const SEED = readFileSync(new URL('../../../test-vectors/logs/show-itl-seed.txt', import.meta.url), 'utf8').split('\n')

type PrintedField = { length: number; value: string }

/** Records that must give this print: names and numbers are in it, of the rest only the sizes and hashes. */
const rebuilt = (): { records: TrustRecord[]; hashes: Map<Buffer, string>; signerDer: Buffer | undefined } => {
  const hashes = new Map<Buffer, string>()
  let signerDer: Buffer | undefined
  const blocks = SEED.join('\n')
    .split(/^ITL Record #:\d+$/m)
    .slice(1)
  const certificates = new Map<string, Buffer>()
  const records = blocks.map(block => {
    const fields = new Map<number, PrintedField>(
      [...block.matchAll(/^(\d+) (?:HASH ALGORITHM|[A-Z]+) (\d+) ?(.*)$/gm)].map(([, tag, length, value]) => [
        Number(tag),
        { length: Number(length), value: value! },
      ]),
    )
    const value = (tag: number) => fields.get(tag)!.value
    const filled = (tag: number) => Buffer.alloc(fields.get(tag)!.length, tag)
    const role = (Object.keys(ROLES) as RoleName[]).find(name => ROLES[name].print === value(4))!
    const record: TrustRecord = {
      dnsName: value(2) || ' ',
      subjectName: value(3),
      role: ROLES[role].number,
      issuerName: value(5),
      serialNumber: Buffer.from(value(6).replaceAll(':', ''), 'hex'),
      publicKey: filled(7),
      signature: filled(8),
    }
    if (!fields.has(9)) return { ...record, certificateHash: Buffer.from(value(11).replaceAll(' ', ''), 'hex'), hashAlgorithm: 1 }
    const sha1 = value(9).slice(0, 59)
    const certificateDer = certificates.get(sha1) ?? Buffer.alloc(fields.get(9)!.length, certificates.size + 1)
    certificates.set(sha1, certificateDer)
    hashes.set(certificateDer, sha1.replaceAll(' ', ''))
    if (block.includes('was used to sign')) signerDer = certificateDer
    return { ...record, certificateDer }
  })
  return { records, hashes, signerDer }
}

t.test('the seven records of a real show itl are printed as CUCM printed them', async t => {
  const { records, hashes, signerDer } = rebuilt()
  const list = listOf(...records)
  const known = (der: Buffer) => Buffer.from([...hashes].find(([bytes]) => bytes.equals(der))![1], 'hex')
  const lines = showTrustList(list, { ...OPTIONS, sha1Of: known, signerDer })
  const from = lines.findIndex(line => line.includes('Record #:1'))
  t.equal(list.records.length, 7)
  t.strictSame(substance(lines.slice(from)), substance(SEED))
  for (const sentence of ['This etoken was used to sign the ITL file.', 'This etoken was not used to sign the ITL file.'])
    t.equal(lines.filter(line => line === sentence).length, 1, sentence)
})

t.test('file and header are printed as CUCM does', async t => {
  const record: TrustRecord = { dnsName: '10.106.97.18', role: ROLES['CCM+TFTP'].number, ipAddress: '10.106.97.18' }
  const lines = showTrustList(listOf(record), { ...OPTIONS, kind: 'CTL', modified: 'Wed Jul 27 10:16:24 EDT 2011' })
  t.strictSame(lines, [
    'The checksum value of the CTL file:',
    '00000000000000000000000000000000(MD5)',
    '1111111111111111111111111111111111111111(SHA1)',
    '',
    'Length of CTL file: 5438',
    'The CTL File was last modified on Wed Jul 27 10:16:24 EDT 2011',
    '',
    'Parse CTL File',
    '----------------',
    '',
    'Version:\t1.2',
    'HeaderLength:\t148 (BYTES)',
    '',
    'BYTEPOS\tTAG\t\tLENGTH\tVALUE',
    '-------\t---\t\t------\t-----',
    '3\tSIGNERID\t2\t25',
    '4\tSIGNERNAME\t9\tCN=a;O=b',
    '5\tSERIALNUMBER\t2\t05:AA',
    '6\tCANAME\t5\tCN=c',
    '7\tSIGNATUREINFO\t2\t15',
    '8\tDIGESTALGORTITHM\t1',
    '9\tSIGNATUREALGOINFO\t2\t8',
    '10\tSIGNATUREALGORTITHM\t1',
    '11\tSIGNATUREMODULUS\t1',
    '12\tSIGNATURE\t64',
    ...Array(8).fill('65  ba  2  a  de  2b  13  b8'),
    '14\tFILENAME\t12',
    '15\tTIMESTAMP\t4',
    '',
    '\tCTL Record #:1',
    '\t  ----',
    'BYTEPOS\tTAG\t\tLENGTH\tVALUE',
    '-------\t---\t\t------\t-----',
    '1\tRECORDLENGTH\t2\t33',
    '2\tDNSNAME\t13\t10.106.97.18',
    '4\tFUNCTION\t2\tCCM+TFTP',
    '10\tIPADDRESS\t4',
    'The CTL file was verified successfully.',
  ])
})

t.test('a recorded list is printed in the order of its own fields, with the SHA-1 that another tool gives', async t => {
  const list = parseTrustList(recorded('ITLFile.tlv'))
  const signerDer = list.records[0]?.certificateDer
  const lines = showTrustList(list, { ...OPTIONS, signerDer })
  const tags = lines.slice(0, lines.indexOf('\tITL Record #:1')).flatMap(line => /^(\d+)\t/.exec(line)?.[1] ?? [])
  t.strictSame(tags.map(Number), [28, 3, 4, 6, 5, 7, 8, 9, 10, 11, 12, 14, 15])
  t.ok(lines.includes('28\tSIGNERVERSION\t2\t1.1'))
  const theirs = recorded('ITLFile.parse.txt').toString('utf8')
  const fingerprints = lines.flatMap(line => /^9\tCERTIFICATE\t\d+\t(.*) \(SHA1 Hash HEX\)$/.exec(line)?.[1] ?? [])
  t.strictSame(
    fingerprints.map(text => text.replaceAll(' ', '').toLowerCase()),
    [...theirs.matchAll(/^Certificate Hash: (\w+)$/gm)].map(([, sha1]) => sha1),
  )
})

t.test('who is not verified signed nothing', async t => {
  const certificateDer = Buffer.alloc(30, 1)
  const sast = { role: ROLES.SAST.number, certificateDer }
  const shown = (options: Partial<ShowOptions>) => showTrustList(listOf(sast), { ...OPTIONS, ...options }).slice(-2)
  t.strictSame(shown({ signerDer: certificateDer }), [
    'This etoken was used to sign the ITL file.',
    'The ITL file was verified successfully.',
  ])
  t.strictSame(shown({ isVerified: false }), [
    'This etoken was not used to sign the ITL file.',
    'Verification of the ITL file failed.',
  ])
})

t.test('both headers of a reset list are printed', async t => {
  const bytes = writeFile([{ ...header, fileName: undefined as never, timestamp: undefined as never }, header], []).bytes
  const lines = showTrustList(parseTrustList(bytes), OPTIONS)
  t.equal(lines.filter(line => line.startsWith('HeaderLength:\t')).length, 2)
  t.ok(lines.includes('\tITL Header #:2'))
})

t.test('what nobody knows is printed as its number, and nothing of a file can steer a terminal', async t => {
  const record = { role: 99, subjectName: 'CN=\u001b[2J\u202e', certificateHash: Buffer.of(1, 2), hashAlgorithm: 3 }
  const lines = showTrustList(listOf({ ...record, unknown: [{ tag: 42, value: Buffer.from('ab') }] }), OPTIONS)
  t.ok(lines.includes('4\tFUNCTION\t2\t99'))
  t.ok(lines.includes('3\tSUBJECTNAME\t11\tCN=?[2J?'))
  t.ok(lines.includes('11\tCERTHASH\t2\t01 02'))
  t.ok(lines.includes('12\tHASH ALGORITHM\t1\t3'))
  t.ok(lines.includes('42\tUNKNOWN\t2\t61 62'))
})

t.test('a name of blanks or NULs is printed as nothing', async t => {
  for (const dnsName of [' ', '\0', '\0\0', ''])
    t.match(
      showTrustList(listOf({ role: 4, dnsName }), OPTIONS).find(line => line.startsWith('2\tDNSNAME')),
      /^2\tDNSNAME\t\d$/,
      JSON.stringify(dnsName),
    )
})

t.test('an encrypted file has more in its header', async t => {
  const inside = {
    content: { algorithm: 0, iv: Buffer.alloc(16), paddingBytes: 6 },
    key: { algorithm: 0, keySizeBits: 2048, padding: 1, encryptedKey: Buffer.alloc(256) },
  }
  const lines = showHeader({ ...header, headerLength: 712, encryption: inside }, sha1Of)
  for (const line of ['16\tENCRYPTIONINFO\t2\t306', '17\tCONTENTCIPHERINFO\t2\t28', '23\tKEYSIZE\t2', '25\tENCRYPTEDKEY\t256'])
    t.ok(lines.includes(line), line)
})

t.test('no file, and one that is no list', async t => {
  t.strictSame(showMissingList('CTL'), [
    'Length of CTL file: 0',
    'CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl..',
    'Error parsing the CTL File.',
  ])
  t.match(showMissingList('ITL')[1], /^ITL File not found\. To generate an ITL file, activate or restart the Cisco TFTP service /)
  const corrupt = showCorruptList(FILE)
  t.equal(corrupt[4], 'Length of ITL file: 5438')
  t.equal(corrupt.at(-1), 'Error parsing the ITL File.')
})

t.test('the name of a file says which list it is', async t => {
  for (const name of ['CTLFile.tlv', 'CTLSEP001122334455.tlv', 'ctlfile.tlv']) t.equal(listKind(name), 'CTL', name)
  for (const name of ['ITLFile.tlv', 'ITLSEP001122334455.tlv', 'x']) t.equal(listKind(name), 'ITL', name)
})
