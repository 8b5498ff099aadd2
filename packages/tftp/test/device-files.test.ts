import { createHash } from 'node:crypto'
import { type PhoneConfig, parseConfig } from '@capfkit/codec/config'
import { parseSignedFile, parseTrustList, ROLES } from '@capfkit/codec/tlv'
import {
  type CertificateAndKey,
  certificateAndKey,
  checkSignature,
  checkTrustList,
  decryptFile,
  type KeySpec,
  newServiceCertificate,
  signersOf,
} from '@capfkit/pki'
import { type Cluster, DeviceFiles, type DeviceRecord, MADE_FILES } from '@capfkit/tftp'
import t from 'tap'
import { matchMadeFile } from '../src/made-names.ts'

const newCertificate = async (commonName: string, keySpec: KeySpec = { type: 'rsa', bits: 2048 }): Promise<CertificateAndKey> => {
  const subject = [{ type: 'CN' as const, value: commonName }]
  const { certificateDer, keyPair } = await newServiceCertificate({ subject, keySpec, now: () => new Date() })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

const [tftp, recovery, capf, phone, other, https] = await Promise.all([
  newCertificate('cucm'),
  newCertificate('ITLRECOVERY_cucm'),
  newCertificate('CAPF-01234567'),
  newCertificate('SEP00112233AABB'),
  newCertificate('SEP00112233AABB again'),
  newCertificate('cucm-EC', { type: 'ec', curve: 'secp384r1' }),
])

const NAME = 'SEP00112233AABB'
const base: PhoneConfig = {
  callManagers: [{ priority: 0, processNodeName: 'cucm.example.com', securedSipPort: 5061 }],
  tvs: [{ priority: 0, port: 2445, address: 'cucm.example.com' }],
  capfList: [{ phonePort: 3804, processNodeName: 'cucm.example.com' }],
}
const cluster: Cluster = { tftp, recovery, certificates: { CAPF: [capf.certificateDer] }, config: base }

/** A cluster that knows one phone, whose record the test changes. */
const open = async (given: Partial<Cluster> = {}) => {
  let record: DeviceRecord = { config: {} }
  let asked = 0
  let seconds = 0
  const files = await DeviceFiles.create({
    cluster: { ...cluster, ...given },
    devices: {
      find: async name => {
        asked += 1
        return name.toLowerCase() === NAME.toLowerCase() ? record : undefined
      },
    },
    cacheBytes: 1_000_000,
    now: () => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds++)),
  })
  const request = { remoteAddress: '192.0.2.1', signal: new AbortController().signal }
  return {
    files,
    get: (name: string) => files.get(name, request),
    set: (next: DeviceRecord) => {
      record = next
    },
    asked: () => asked,
  }
}

t.test('lists: for whoever asks, and for phones that the cluster knows, the same bytes', async t => {
  const { get } = await open({ isMixed: true })
  for (const kind of ['CTL', 'ITL']) {
    const list = await get(`${kind}File.tlv`)
    const { ok, findings, list: parsed, signedBy } = checkTrustList(list!.bytes)
    t.strictSame([ok, findings.map(({ code }) => code), signedBy], [true, [], 1], kind)
    t.equal(parsed.headers[0].fileName, `${kind}File.tlv`)
    t.equal(parsed.headers[0].signerVersion, undefined)
    t.strictSame(
      parsed.records.map(({ role, subjectName }) => [role, subjectName]),
      [
        [ROLES.SAST.number, 'CN=ITLRECOVERY_cucm'],
        [ROLES.SAST.number, 'CN=cucm'],
        [ROLES['CCM+TFTP'].number, 'CN=cucm'],
        [ROLES.CAPF.number, 'CN=CAPF-01234567'],
      ],
    )
    t.strictSame(await get(`${kind}${NAME}.tlv`), list)
    t.strictSame(await get(`${kind.toLowerCase()}${NAME.toLowerCase()}.TLV`), list, 'names are compared without case')
    t.equal(await get(`${kind}SEP000000000000.tlv`), undefined, 'an unknown phone asks for the common file')
  }
})

t.test(
  'a cluster that is not in mixed mode has no CTL; one with HTTPS says so; one without a recovery key signs with its own',
  async t => {
    const plain = await open()
    t.equal(await plain.get('CTLFile.tlv'), undefined)
    t.equal(await plain.get(`CTL${NAME}.tlv`), undefined)
    const { recovery: _, ...old } = cluster
    const files = await DeviceFiles.create({
      cluster: { ...old, httpsCertificateDer: https.certificateDer, listProfile: 'cucm' },
      devices: { find: async () => undefined },
      cacheBytes: 0,
      now: () => new Date(),
    })
    const { headers, records } = parseTrustList(files.lists.itl)
    t.match(headers[0], { signer: { name: 'CN=cucm' }, signerVersion: { major: 1, minor: 1 } })
    t.strictSame(
      records.map(({ role, certificateDer }) => [role, certificateDer !== undefined]),
      [
        [ROLES.CAPF.number, false],
        [ROLES.SAST.number, true],
        [ROLES['CCM+TFTP'].number, true],
        [ROLES.TFTP.number, true],
      ],
      'as CUCM has it, CAPF by hash',
    )
  },
)

t.test('configuration: the elements of the cluster, before them those of the phone, and the hash of its LSC', async t => {
  const { get, set } = await open()
  t.strictSame(parseConfig((await get(`${NAME}.cnf.xml`))!.bytes), {
    fullConfig: true,
    ...base,
    deviceSecurityMode: 'non-secure',
    capfAuthMode: 'none',
    certHash: '',
    encrConfig: false,
  })
  set({ config: { capfAuthMode: 'null', deviceSecurityMode: 'encrypted' }, phoneCertificateDer: phone.certificateDer })
  t.match(parseConfig((await get(`${NAME}.cnf.xml`))!.bytes), {
    deviceSecurityMode: 'encrypted',
    capfAuthMode: 'null',
    certHash: createHash('sha1').update(phone.certificateDer).digest('hex'),
  })
  for (const suffix of ['', '.sgn', '.enc.sgn']) t.equal(await get(`SEP000000000000.cnf.xml${suffix}`), undefined)
})

t.test('signed: a phone that has the list believes it, under the name that it asked for', async t => {
  const { get, files } = await open()
  const { bytes } = (await get(`${NAME}.cnf.xml.sgn`))!
  const { header, content } = parseSignedFile(bytes)
  t.equal(header.fileName, `${NAME}.cnf.xml.sgn`)
  t.match(checkSignature(bytes, header, signersOf(parseTrustList(files.lists.itl).records)), { verdict: 'valid' })
  t.match(parseConfig(content), base)
})

t.test('encrypted: only the phone opens it; in the others stands only what it needs before', async t => {
  const { get, set } = await open()
  t.equal(await get(`${NAME}.cnf.xml.enc.sgn`), undefined, 'not switched on')
  set({ config: { encrConfig: true } })
  t.equal(await get(`${NAME}.cnf.xml.enc.sgn`), undefined, 'no LSC')
  t.match(parseConfig((await get(`${NAME}.cnf.xml`))!.bytes), { encrConfig: true, certHash: '' })
  set({ config: { encrConfig: true }, phoneCertificateDer: https.certificateDer })
  t.equal(await get(`${NAME}.cnf.xml.enc.sgn`), undefined, 'an EC key opens nothing')
  set({ config: { encrConfig: true, capfAuthMode: 'lsc' }, phoneCertificateDer: phone.certificateDer })
  const { bytes } = (await get(`${NAME}.cnf.xml.enc.sgn`))!
  t.match(parseConfig(decryptFile(bytes, phone.privateKey)), { fullConfig: true, encrConfig: true, ...base })
  t.throws(() => decryptFile(bytes, other.privateKey), { code: /^PKI_/ })
  const short = parseConfig(parseSignedFile((await get(`${NAME}.cnf.xml.sgn`))!.bytes).content)
  t.match(short, { fullConfig: false, encrConfig: true, capfAuthMode: 'lsc', capfList: base.capfList })
  t.equal(short.callManagers, undefined)
})

t.test('phones that nobody knows get the common file, with nothing of any phone in it', async t => {
  const { get } = await open()
  const file = await get('XmlDefault.cnf.xml')
  t.match(String(file?.bytes), /<Default>/)
  const { callManagers, tvs } = base
  t.strictSame(parseConfig(file!.bytes), { callManagers, tvs })
  t.strictSame(parseConfig(parseSignedFile((await get('XMLDefault.cnf.xml.sgn'))!.bytes).content), { callManagers, tvs })
})

t.test('a file is made once, until what is known of the phone changes', async t => {
  const { get, set } = await open()
  set({ config: { encrConfig: true }, phoneCertificateDer: phone.certificateDer })
  // Signing has a time in it and encrypting random numbers: the same bytes were not made anew.
  for (const suffix of ['.sgn', '.enc.sgn']) {
    const name = `${NAME}.cnf.xml${suffix}`
    const first = await get(name)
    t.equal(await get(name), first)
    set({ config: { encrConfig: true }, phoneCertificateDer: other.certificateDer })
    const second = await get(name)
    t.not(second?.etag, first?.etag, 'another LSC')
    set({ config: { encrConfig: true, capfAuthMode: 'null' }, phoneCertificateDer: other.certificateDer })
    t.not((await get(name))?.etag, second?.etag, 'another order')
  }
  const all = await Promise.all(Array.from({ length: 100 }, () => get(`${NAME}.cnf.xml.enc.sgn`)))
  t.equal(new Set(all.map(file => file?.etag)).size, 1, 'a hundred at once share one')
})

t.test('another certificate: lists and files are made anew, and one that cannot sign changes nothing', async t => {
  const { get, files } = await open()
  const before = [(await get('ITLFile.tlv'))?.etag, (await get(`${NAME}.cnf.xml.sgn`))?.etag]
  await t.rejects(files.update({ ...cluster, tftp: https }), { code: 'PKI_SIGNER_KEY' })
  t.strictSame([(await get('ITLFile.tlv'))?.etag, (await get(`${NAME}.cnf.xml.sgn`))?.etag], before)
  await files.update({ ...cluster, tftp: other })
  const { bytes } = (await get(`${NAME}.cnf.xml.sgn`))!
  const { header } = parseSignedFile(bytes)
  const { records } = parseTrustList((await get('ITLFile.tlv'))!.bytes)
  t.match(checkSignature(bytes, header, signersOf(records)), { verdict: 'valid' })
  t.equal(header.signer.name, 'CN=SEP00112233AABB again')
})

t.test('a signer that no phone could check is refused at the start', async t => {
  const start = (given: Partial<Cluster>) => open(given)
  await t.rejects(start({ tftp: https }), { code: 'PKI_SIGNER_KEY' })
  await t.rejects(start({ recovery: { ...recovery, privateKey: tftp.privateKey } }), { code: 'PKI_KEY_MISMATCH' })
  await t.rejects(start({ certificates: { SAST: [capf.certificateDer] } }), { code: 'PKI_TOO_MANY_SAST' })
})

t.test('names that no row has, and device names that are none, ask nobody', async t => {
  const { get, asked } = await open({ isMixed: true })
  for (const name of [
    'SEP.xml',
    'CTL.tlv',
    'ITL.tlv',
    '.cnf.xml',
    'a b.cnf.xml',
    `${'x'.repeat(129)}.cnf.xml`,
    'x/SEP1.cnf.xml',
    'SEP1.cnf.xml.enc',
    'ITLFileXtlv',
  ])
    t.equal(await get(name), undefined, name)
  t.equal(asked(), 0)
})

t.test('each row of the table is found by its own name', async t => {
  for (const row of MADE_FILES) {
    const device = row.name.includes('{device}') ? NAME : undefined
    t.strictSame(matchMadeFile(row.name.replace('{device}', NAME)), { row, ...(device ? { device } : {}) }, row.name)
  }
})
