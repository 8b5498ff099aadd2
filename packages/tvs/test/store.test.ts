import { decode, type MessageOf } from '@capfkit/codec/tvs'
import { formatListName, parseCertificate } from '@capfkit/pki'
import { CertificateStore } from '@capfkit/tvs'
import t from 'tap'
import { Answerer } from '../src/answers.ts'
import { capf, DAY_MS, later, NOW, newCertificate, recorded, unknown } from './certificates.ts'
import { DAY_SECONDS } from './serving.ts'

const answererOf = (certificates: ConstructorParameters<typeof CertificateStore>[0]) =>
  new Answerer({ store: new CertificateStore(certificates), ttlSeconds: DAY_SECONDS })

const verify = (answerer: Answerer, certificateDer: Buffer, at = NOW) => {
  const { answer, frame } = answerer.answer({ name: 'VERIFY_REQUEST', sessionId: 9, certificateDer }, at.getTime())
  return { answer, message: decode(frame, { strict: true }) }
}

const query = (answerer: Answerer, what: Omit<MessageOf<'QUERY_REQUEST'>, 'name' | 'sessionId'>, at = NOW) => {
  const { answer, frame } = answerer.answer({ name: 'QUERY_REQUEST', sessionId: 9, ...what }, at.getTime())
  const message = decode(frame, { strict: true }) as MessageOf<'QUERY_RESPONSE'>
  return { answer, status: message.status, certificateDer: message.certificateDer, message }
}

t.test('[TVS-3.1] a certificate in the store is valid, with its roles; any other is not', async t => {
  const answerer = answererOf([
    { certificateDer: capf, roles: [4] },
    { certificateDer: recorded('mca').certificateDer, roles: [0, 3, 99], ttlSeconds: 60 },
  ])
  const answered = { name: 'VERIFY_RESPONSE', sessionId: 9 }
  t.strictSame(verify(answerer, capf), {
    answer: 'valid',
    message: { ...answered, status: 0, roles: [4], ttlSeconds: DAY_SECONDS },
  })
  t.strictSame(verify(answerer, recorded('mca').certificateDer), {
    answer: 'valid',
    message: { ...answered, status: 0, roles: [0, 3, 99], ttlSeconds: 60 },
  })
  t.strictSame(verify(answerer, unknown), { answer: 'unknown', message: { ...answered, status: 1 } })
  for (const other of [Buffer.alloc(0), capf.subarray(1), Buffer.concat([capf, Buffer.of(0)])])
    t.equal(verify(answerer, other).answer, 'unknown', `${other.length} bytes that are not the certificate`)
  for (let bit = 0; bit < capf.length * 8; bit += 61) {
    const flipped = Buffer.from(capf)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    if (verify(answerer, flipped).answer !== 'unknown') t.fail(`bit ${bit} is not looked at`)
  }
})

t.test('roles of one certificate that is given several times add up, each once', async t => {
  const answerer = answererOf([
    { certificateDer: capf, roles: [4, 0] },
    { certificateDer: Buffer.from(capf), roles: [0, 21] },
  ])
  t.match(verify(answerer, capf).message, { roles: [4, 0, 21] })
  t.equal(new CertificateStore([1, 2].map(role => ({ certificateDer: capf, roles: [role] }))).size, 1)
})

t.test('[TVS-3.1] a certificate whose dates do not hold is invalid, and nobody may keep it beyond its end', async t => {
  const { notBefore, notAfter } = parseCertificate(capf)
  const answerer = answererOf([{ certificateDer: capf, roles: [4] }])
  const at = (time: number) => verify(answerer, capf, new Date(time))
  const ttl = (time: number) => (at(time).message as MessageOf<'VERIFY_RESPONSE'>).ttlSeconds
  t.match(at(notBefore.getTime() - 1), { answer: 'expired', message: { status: 1 } })
  t.equal(at(notBefore.getTime()).answer, 'valid')
  t.equal(ttl(notAfter.getTime() - DAY_MS), DAY_SECONDS)
  t.equal(ttl(notAfter.getTime() - DAY_MS + 1), DAY_SECONDS - 1)
  t.equal(ttl(notAfter.getTime() - 90_500), 90)
  t.equal(ttl(notAfter.getTime()), 0)
  t.match(at(notAfter.getTime() + 1), { answer: 'expired', message: { status: 1 } })
  t.strictSame(Object.keys(at(notAfter.getTime() + 1).message), ['name', 'sessionId', 'status'], 'and nothing else is said')
  t.equal(ttl(NOW.getTime()), DAY_SECONDS, 'what was said on the last day is not said on others')
})

t.test('what is no certificate cannot be in a store', async t => {
  t.throws(() => new CertificateStore([{ certificateDer: Buffer.from('nothing'), roles: [] }]), { code: 'PKI_BAD_CERTIFICATE' })
})

t.test('[TVS-3.2] a query by issuer and number, or by subject', async t => {
  const answerer = answererOf([
    { certificateDer: capf, roles: [4] },
    { certificateDer: recorded('mic-rsa').certificateDer, roles: [99] },
  ])
  const { subject, issuer, serialNumber } = parseCertificate(recorded('mic-rsa').certificateDer)
  const [subjectName, issuerName] = [formatListName(subject), formatListName(issuer)]
  t.equal(subjectName, 'CN=CP-8841-SEP00000000C001;OU=CTG;O=Throwaway', 'as trust lists write it')
  const found = { answer: 'valid', status: 0, certificateDer: recorded('mic-rsa').certificateDer }
  const missing = { answer: 'unknown', status: 1, certificateDer: undefined }
  const cases: [what: Parameters<typeof query>[1], expected: object, why: string][] = [
    [{ issuer: issuerName, serialNumber }, found, 'issuer and number'],
    [{ issuer: issuerName, serialNumber: Buffer.concat([Buffer.of(0), serialNumber]) }, found, 'the number as DER writes it'],
    [{ subject: subjectName }, found, 'subject'],
    [{ subject: 'O=Throwaway,OU=CTG,CN=CP-8841-SEP00000000C001' }, found, 'attributes in another order'],
    [{ subject: subjectName, issuer: issuerName, serialNumber }, found, 'all three'],
    [{ subject: issuerName, issuer: issuerName, serialNumber }, missing, 'a subject that does not fit'],
    [{ issuer: subjectName, serialNumber }, missing, 'another issuer'],
    [{ issuer: issuerName, serialNumber: Buffer.of(0x77) }, missing, 'another number'],
    [{ issuer: issuerName, serialNumber: Buffer.alloc(0) }, missing, 'no number'],
    [{ issuer: issuerName }, missing, 'an issuer alone'],
    [{ serialNumber }, missing, 'a number alone'],
    [{ subject: subjectName, serialNumber }, missing, 'a number without its issuer'],
    [{ subject: '' }, missing, 'an empty subject'],
    [{ subject: 'not a name' }, missing, 'what is no name'],
    [{}, missing, 'nothing'],
  ]
  for (const [what, expected, why] of cases) t.match(query(answerer, what), expected, why)
  t.strictSame(query(answerer, { subject: subjectName }).message, {
    name: 'QUERY_RESPONSE',
    sessionId: 9,
    status: 0,
    certificateDer: recorded('mic-rsa').certificateDer,
    roles: [99],
    ttlSeconds: DAY_SECONDS,
  })
})

t.test('[TVS-3.2] of several with one subject: one that is valid, then the newest', async t => {
  const subject = [{ type: 'CN', value: 'renewed' } as const]
  const [old, running, newest, future] = await Promise.all(
    [
      { notBefore: later(-800 * DAY_MS), days: 365 },
      { notBefore: later(-30 * DAY_MS) },
      { notBefore: later(-DAY_MS) },
      { notBefore: later(30 * DAY_MS) },
    ].map(dates => newCertificate({ subject, ...dates })),
  )
  const all = [old, running, newest, future].map(certificateDer => ({ certificateDer: certificateDer!, roles: [4] }))
  const bySubject = (certificates: typeof all) => query(answererOf(certificates), { subject: 'CN=renewed' })
  for (const order of [all, all.toReversed()]) {
    t.strictSame(bySubject(order).certificateDer, newest)
    t.strictSame(bySubject(order.filter(({ certificateDer }) => certificateDer !== newest)).certificateDer, running)
  }
  t.match(bySubject([all[0]!]), { answer: 'expired', status: 1, certificateDer: undefined })
})

t.test('an answer that is given again is the same but for the session id', async t => {
  const answerer = answererOf([{ certificateDer: capf, roles: [4] }])
  const frames = [1, 2, 0xffff_ffff].map(
    sessionId => answerer.answer({ name: 'VERIFY_REQUEST', sessionId, certificateDer: capf }, NOW.getTime()).frame,
  )
  t.strictSame(
    frames.map(frame => decode(frame).sessionId),
    [1, 2, 0xffff_ffff],
  )
  for (const frame of frames) frame.writeUInt32BE(0, 4)
  t.strictSame(frames[1], frames[0])
  t.strictSame(frames[2], frames[0])
})
