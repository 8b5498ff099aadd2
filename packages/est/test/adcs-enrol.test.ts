import { execFileSync } from 'node:child_process'
import { derToPem, parseCertificate, TrustStore, validateChain } from '@capfkit/pki'
import t from 'tap'
import { authority, csrDer, lab, phoneKey } from './adcs-lab.ts'

t.test('a phone gets its certificate by NTLM over TLS', async t => {
  const { client } = await lab(t)
  const outcome = await client.enrol(csrDer, { template: 'CiscoRA' })
  if (outcome.status !== 'issued') return t.fail(outcome.status)
  t.equal(outcome.requestId, 1)
  t.equal(outcome.unfit, undefined)
  const certificate = parseCertificate(outcome.certificateDer)
  t.strictSame(certificate.publicKeyDer, phoneKey.publicKeyDer)
  t.ok(
    validateChain({
      leaf: certificate,
      trusted: new TrustStore({ anchors: authority.roots }),
      at: new Date(),
      purpose: 'clientAuth',
    }).ok,
  )
  const shown = execFileSync('openssl', ['x509', '-noout', '-subject', '-issuer'], {
    input: derToPem(outcome.certificateDer),
    encoding: 'utf8',
  })
  t.match(shown, /subject=CN = SEP001122334455\nissuer=CN = TEST-LAB-CA/)
})
