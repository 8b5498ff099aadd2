import { parseCertificate, parseCsr } from '@capfkit/pki'
import t from 'tap'
import { onlineCa } from './ca-behind-enrol.ts'
import { capf, manufacturer } from './certificates.ts'
import { obey, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()

t.test('a phone signs the request that the server built, and gets a certificate of the CA', async t => {
  const ca = onlineCa()
  const server = await serve(t, { options: { issuer: 'online' }, onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  t.equal(await obey(phone, phoneKey.answers), 1)

  const [request] = ca.asked
  const csr = parseCsr(request!.csrDer)
  t.equal(csr.verify(), true, 'proof of possession')
  t.strictSame(csr.publicKeyDer, phoneKey.publicKeyDer)
  const { subject } = parseCertificate(capf.certificateDer)
  t.strictSame(csr.subject, [{ type: 'CN', value: name }, ...subject.filter(({ type }) => type !== 'CN')], 'the subject of an LSC')

  const certificate = parseCertificate(storedOn(phone)!)
  t.strictSame(certificate.publicKeyDer, phoneKey.publicKeyDer)
  t.strictSame(certificate.issuerDer, parseCertificate(manufacturer.certificateDer).subjectDer)
  const row = await server.row(name)
  t.match(row, { operation: 'none', status: 3 })
  t.strictSame(row.certificate?.certificateDer, certificate.der)
  t.strictSame(row.certificate?.issuerValidUntil, parseCertificate(manufacturer.certificateDer).notAfter)
  t.equal(await server.store.requests.count(), 0, 'the request is done with')
})
