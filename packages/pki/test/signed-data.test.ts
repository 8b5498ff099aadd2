import fc from 'fast-check'
import t from 'tap'
import { buildCertsOnly, buildSignedData, derToPem, openSignedData, parseCertsOnly, pemToDer } from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate, recordedKey } from './recordings.ts'

const certificateDer = recordedCertificate('capf')
const other = recordedCertificate('mca')
const signer = { certificateDer, privateKey: recordedKey('capf').privateKey }
const content = buildCertsOnly([other])

t.test('content comes back to who has the certificate of its signer, and to nobody else', async t => {
  const signed = await buildSignedData(content, signer)
  t.strictSame(openSignedData(signed, certificateDer), content)
  t.equal(openSignedData(signed, other), undefined)
  t.strictSame(parseCertsOnly(signed), [certificateDer], 'the certificate of the signer goes with it')
})

t.test('openssl checks ours and gives the content', needs('openssl'), async t => {
  const folder = t.testdir({ 'capf.pem': derToPem([certificateDer]), 'signed.p7': await buildSignedData(content, signer) })
  const check = ['openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', `${folder}/signed.p7`] as const
  const inner = run([...check, '-CAfile', `${folder}/capf.pem`, '-purpose', 'any', '-no_check_time'])
  t.strictSame(inner, content)
  t.strictSame(pemToDer(run(['openssl', 'pkcs7', '-inform', 'DER', '-print_certs'], inner)), [other])
})

t.test('changed bytes give nothing, or a PkiError, or what was signed', async () => {
  const signed = await buildSignedData(content, signer)
  const edits = fc.array(fc.tuple(fc.nat({ max: signed.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(edits, list => {
      const copy = Buffer.from(signed)
      for (const [at, byte] of list) copy[at] = byte
      try {
        const opened = openSignedData(copy, certificateDer)
        return opened === undefined || opened.equals(content)
      } catch (error) {
        return (error as { code: string }).code === 'PKI_BAD_PKCS7'
      }
    }),
    { numRuns: 500 },
  )
})
