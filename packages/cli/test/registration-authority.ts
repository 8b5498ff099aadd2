import { EstServer, embeddedAuthority } from '@capfkit/est'
import { CertificateIssuer, certificateAndKey, createSelfSigned, generateKeyPair, parseName } from '@capfkit/pki'
import type { Test } from 'tap'

export const now = () => new Date()
export const EC = { type: 'ec', curve: 'secp256r1' } as const

/** A CA of a company, and a web server certificate of it for the registration authority. */
export const newCa = async (name: string) => {
  const keyPair = await generateKeyPair(EC)
  const notBefore = new Date(now().getTime() - 3_600_000)
  const der = await createSelfSigned({ profile: 'enterpriseCa', subject: parseName(name), keyPair, notBefore })
  return certificateAndKey(der, keyPair.privateKey)
}
export const ca = await newCa('CN=LAB-DC-RTP,O=capfkit TEST')
const webKey = await generateKeyPair(EC)
const web = await CertificateIssuer.create({ ...ca, profile: 'webServer', now }).issue({
  subject: parseName('CN=ra'),
  publicKeyDer: webKey.publicKeyDer,
  subjectAltName: { dns: ['localhost'], ip: ['127.0.0.1'] },
})
const webCertificate = certificateAndKey(web.certificateDer, webKey.privateKey)

export const USER = 'capf'
export const PASSWORD = 'a-secret-of-the-ra'

export const startRa = async (t: Test, { authority = embeddedAuthority({ ca, now }), listen = '127.0.0.1:0' } = {}) => {
  const ra = await EstServer.start({
    authority,
    certificate: webCertificate,
    users: new Map([[USER, PASSWORD]]),
    options: { listen, clientCertificates: 'off', proofOfPossession: 'off', logLevel: 'silent', retryAfterMs: 3_600_000 },
  })
  t.teardown(() => ra[Symbol.asyncDispose]())
  return ra
}

/** Where nobody listens: a port that an RA had. */
export const freeAddress = async () => {
  const ra = await EstServer.start({
    authority: embeddedAuthority({ ca, now }),
    certificate: webCertificate,
    options: { listen: '127.0.0.1:0', httpAuth: 'off', clientCertificates: 'off', logLevel: 'silent' },
  })
  await ra[Symbol.asyncDispose]()
  return ra.address
}
