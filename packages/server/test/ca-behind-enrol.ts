import { buildCertsOnly, CertificateIssuer, parseCsr } from '@capfkit/pki'
import type { Enrol, EnrolAnswer, EnrolRequest, OnlineCa } from '../src/issuers/enrol.ts'
import { manufacturer, NOW } from './certificates.ts'

const issuer = CertificateIssuer.create({ ...manufacturer, profile: 'lsc', days: 365, now: () => NOW })

/** A certificate for this request, by a real CA that checks proof of possession unless told otherwise. */
export const signed = async (csrDer: Buffer, { checkPop = true } = {}): Promise<Buffer> => {
  const { subject, publicKeyDer, verify } = parseCsr(csrDer)
  if (checkPop && !verify()) throw new Error('no proof of possession')
  return (await issuer.issue({ subject, publicKeyDer })).certificateDer
}

/** The answer of a registration authority: the certificate, after the one of the CA. */
export const answerOf = (certificateDer: Buffer): EnrolAnswer => {
  const certificatesDer = [manufacturer.certificateDer, certificateDer]
  return { status: 'issued', certificatesDer, pkcs7Bytes: buildCertsOnly(certificatesDer).length }
}

export const enrolled = async ({ csrDer }: Pick<EnrolRequest, 'csrDer'>): Promise<EnrolAnswer> => answerOf(await signed(csrDer))

/** An Online CA in this process. `asked` has every request that came. */
export const onlineCa = (enrol: Enrol = enrolled): OnlineCa & { asked: EnrolRequest[] } => {
  const asked: EnrolRequest[] = []
  return {
    asked,
    enrol: request => {
      asked.push(request)
      return enrol(request)
    },
    caCertificates: [manufacturer.certificateDer],
    host: 'ra.example',
    port: 8084,
    template: 'CiscoRA',
  }
}

/** A CA that answers when it is told to: `next` is the request that it got next, and how it is answered. */
export const slowCa = () => {
  const waiting: { request: EnrolRequest; answer(how: EnrolAnswer | Promise<EnrolAnswer>): void }[] = []
  let wake = Promise.withResolvers<void>()
  const ca = onlineCa(request => {
    const { promise, resolve } = Promise.withResolvers<EnrolAnswer>()
    waiting.push({ request, answer: resolve })
    wake.resolve()
    wake = Promise.withResolvers()
    return promise
  })
  const next = async () => {
    while (waiting.length === 0) await wake.promise
    const { request, answer } = waiting.shift()!
    return { request, answer, sign: () => answer(enrolled(request)) }
  }
  return { ca, next }
}
