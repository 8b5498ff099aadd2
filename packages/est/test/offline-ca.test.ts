import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildCertsOnly,
  buildCsr,
  CertificateIssuer,
  derToPem,
  parseCertificate,
  parseCsr,
  parseName,
  pemToDer,
} from '@capfkit/pki'
import t, { type Test } from 'tap'
import { CsrFolder, folderAuthority } from '../src/index.ts'
import { ca, makeCa, now, request, serve } from './world.ts'

const FAST = { minRetryAfterMs: 10, maxRetryAfterMs: 10 }

/** A folder, and what a person does who carries requests to a CA and certificates back. */
const offline = async (t: Test) => {
  const path = t.testdir()
  const folder = await CsrFolder.open(path)
  const issuer = CertificateIssuer.create({ ...ca, profile: 'lsc', now })
  const sign = async (pem: string) => {
    const certificates: Buffer[] = []
    for (const der of pemToDer(pem, 'CERTIFICATE REQUEST')) {
      const { subject, publicKeyDer } = parseCsr(der)
      certificates.push((await issuer.issue({ subject, publicKeyDer })).certificateDer)
    }
    return certificates
  }
  return { path, folder, sign, authority: folderAuthority({ folder, caCertificates: [ca.certificateDer] }) }
}

t.test('an offline CA: requests out, certificates in', async t => {
  const { path, folder, sign, authority } = await offline(t)
  const { clientOf } = await serve(t, { authority })
  const client = clientOf({ options: FAST })
  const [one, two] = [await request('CN=SEP001122334455'), await request('CN=../../etc/passwd')]
  for (const { csr } of [one, two, one]) await t.rejects(client.simpleEnroll(csr), { code: 'EST_PENDING' })
  t.equal(await folder.count(), 2, 'the same request is one')
  const list = await folder.list()
  t.match(
    list.map(({ name, subject }) => [name, subject]),
    [
      [/^SEP001122334455-[0-9a-f]{16}$/, 'CN=SEP001122334455'],
      [/^_etc_passwd-[0-9a-f]{16}$/, 'CN=../../etc/passwd'],
    ],
  )
  t.ok(existsSync(join(path, 'csr', `${list[0]!.name}.csr`)))

  // After a restart the folder is as it was.
  const reopened = await CsrFolder.open(path)
  const certificates = await sign(await reopened.dump())
  const stranger = await makeCa('CN=stranger')
  const imported = await reopened.importCertificates(Buffer.from(derToPem([...certificates, stranger.certificateDer])))
  t.strictSame(imported, { imported: list.map(({ name }) => name), unmatched: ['CN=stranger'] })
  const { certificateDer } = await client.simpleEnroll(one.csr, { waitMs: 1_000 })
  t.strictSame(parseCertificate(certificateDer).publicKeyDer, one.keyPair.publicKeyDer)
  t.equal(await folder.count(), 1)
  t.strictSame(readdirSync(join(path, 'issued')), [`${list[0]!.name}.pem`])
  t.strictSame(pemToDer(readFileSync(join(path, 'issued', `${list[0]!.name}.pem`))), [certificateDer])
  await t.rejects(client.simpleEnroll(one.csr), { code: 'EST_PENDING' }, 'the next time it is a request of its own')
})

t.test('two devices with one key: each gets the certificate that names it', async t => {
  const { folder, sign } = await offline(t)
  const { keyPair } = await request()
  for (const name of ['SEP2', 'SEP1']) await folder.put(await buildCsr({ subject: parseName(`CN=${name}`), keyPair }))
  const [first, second] = await sign(await folder.dump())
  const { imported } = await folder.importCertificates(Buffer.from(derToPem([second!, first!])))
  t.match(imported, [/^SEP2-/, /^SEP1-/])
  const { certificateDer } = await CertificateIssuer.create({ ...ca, profile: 'lsc', now }).issue({
    subject: parseName('CN=renamed by the CA'),
    publicKeyDer: keyPair.publicKeyDer,
  })
  t.equal((await folder.importCertificates(certificateDer)).imported.length, 1, 'one that names none of them goes to one of them')
})

t.test('certificates come back in every form', async t => {
  for (const [what, form] of Object.entries<(certificate: Buffer) => Buffer>({
    DER: certificate => certificate,
    PEM: certificate => Buffer.from(derToPem(certificate)),
    'PKCS#7': certificate => buildCertsOnly([ca.certificateDer, certificate]),
    'PKCS#7 as PEM': certificate => Buffer.from(derToPem(buildCertsOnly([certificate]), 'PKCS7')),
  })) {
    const { folder, sign } = await offline(t)
    const { csr } = await request()
    const name = await folder.put(await (csr as Exclude<typeof csr, Buffer>)({ challengePassword: undefined }))
    const [certificate] = await sign(await folder.dump([name]))
    t.strictSame((await folder.importCertificates(form(certificate!))).imported, [name], what)
  }
  const { folder } = await offline(t)
  for (const bytes of ['', 'nothing', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', '\u0030\u0003abc'])
    await t.rejects(folder.importCertificates(Buffer.from(bytes)), { name: 'PkiError' }, JSON.stringify(bytes))
})

t.test('requests can be deleted; files of somebody else are left alone', async t => {
  const { path, folder } = await offline(t)
  writeFileSync(join(path, 'csr', 'notes.txt'), 'mine')
  const names: string[] = []
  for (const device of ['SEP1', 'SEP2', 'SEP3']) {
    const { csr } = await request(`CN=${device}`)
    names.push(await folder.put(await (csr as Exclude<typeof csr, Buffer>)({ challengePassword: undefined })))
  }
  writeFileSync(join(path, 'outside.csr'), await folder.dump([names[0]!]))
  await t.rejects(folder.dump(['../outside']), { code: 'EST_FOLDER_UNUSABLE' }, 'a request beside the folder is not in it')
  t.strictSame(await folder.delete([names[0]!, '../../x', 'notes']), [names[0]])
  t.strictSame((await folder.delete()).length, 2)
  t.strictSame([await folder.count(), await folder.dump(), readdirSync(join(path, 'csr'))], [0, '', ['notes.txt']])
  await t.rejects(folder.dump(['nobody']), { code: 'EST_FOLDER_UNUSABLE', detail: 'no request nobody waits in it' })
  writeFileSync(join(path, 'file'), '')
  await t.rejects(CsrFolder.open(join(path, 'file')), { code: 'EST_FOLDER_UNUSABLE' })
})

t.test('a folder that is gone, or full, is said so', async t => {
  const { folder } = await offline(t)
  const full = folderAuthority({ folder, caCertificates: [ca.certificateDer], maxWaiting: 1 })
  const { clientOf } = await serve(t, { authority: full })
  await t.rejects(clientOf().simpleEnroll((await request('CN=a')).csr), { code: 'EST_PENDING' })
  await t.rejects(clientOf().simpleEnroll((await request('CN=b')).csr), { code: 'EST_REFUSED', detail: /Too many requests wait/ })
})
