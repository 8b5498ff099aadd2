import { parseCertificate } from '@capfkit/pki'
import fc from 'fast-check'
import t from 'tap'
import { CaAnswers } from '../src/issuers/ca-answers.ts'
import { CaCertificates } from '../src/issuers/ca-certificates.ts'
import { IssueError } from '../src/issuers/issue-error.ts'
import { keyIdOf } from '../src/issuers/issued.ts'
import { RequestBuilder } from '../src/issuers/request-builder.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { signed } from './ca-behind-enrol.ts'
import { capf, manufacturer, NOW, recorded } from './certificates.ts'
import { signing } from './signing-phone.ts'

const NAME = 'SEP00000000C001'
const { publicKeyDer } = signing()
const builder = new RequestBuilder(capf, { subjectModel: '', unsignedRequests: 'capf-key' })
const csrDer = await builder.unsigned({ deviceName: NAME, publicKeyDer })
const good = await signed(csrDer, { checkPop: false })

const nothing = () => {}
const casOf = (given: readonly Buffer[]) =>
  new CaCertificates({ given, fetch: undefined, now: () => NOW, onFetched: nothing, onError: nothing })

/** What becomes of one answer: the certificate, or the code of the error; and what is left in the store. */
const outcomeOf = async (certificatesDer: readonly Buffer[], { given = [] }: { given?: readonly Buffer[] } = {}) => {
  const store = new MemoryDeviceStore()
  await store.add([{ name: NAME }])
  const { requests } = store
  const id = (await requests.keep({ deviceName: NAME, csrDer, keyId: keyIdOf(publicKeyDer), createdMs: 0 }))!
  const answers = new CaAnswers({ requests, cas: casOf(given), now: () => NOW, trace: undefined })
  const sent = { id, deviceName: NAME, csrDer, publicKeyDer, isNew: true }
  const answer = { status: 'issued', certificatesDer, pkcs7Bytes: 1 } as const
  try {
    const taken = await answers.take(sent, { answer, running: 1 })
    return { issued: 'issued' in taken ? taken.issued.certificateDer : undefined, kept: await requests.current(NAME) }
  } catch (error) {
    if (!(error instanceof IssueError)) throw error
    return { code: error.code, kept: await requests.current(NAME) }
  }
}

t.test('the certificate is found by its key, in whatever place', async t => {
  const others = [manufacturer.certificateDer, recorded('lsc-rsa2048-SEP00000000C001').certificateDer, Buffer.from('cafe', 'hex')]
  for (let place = 0; place <= others.length; place++) {
    const { issued, kept } = await outcomeOf(others.toSpliced(place, 0, good))
    t.strictSame(issued, good, `place ${place}`)
    t.match(kept, { state: 'issued' })
  }
})

t.test('of a damaged answer nothing is taken but a certificate for the key of the request', async t => {
  let taken = 0
  const damaged = fc.oneof(
    fc.nat({ max: good.length - 1 }).map(length => good.subarray(0, length)),
    fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 7 })).map(([at, bit]) => {
      const bytes = Buffer.from(good)
      bytes[at]! ^= 1 << bit
      return bytes
    }),
    fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
  )
  const property = fc.asyncProperty(fc.array(damaged, { maxLength: 3 }), async certificatesDer => {
    const { issued, code, kept } = await outcomeOf(certificatesDer)
    if (!issued) return (code === 'CA_BAD_ANSWER' || code === 'CA_OTHER_KEY') && kept === undefined
    taken++
    return parseCertificate(issued).publicKeyDer.equals(publicKeyDer) && kept?.certificateDer?.equals(issued) === true
  })
  await fc.assert(property, { numRuns: 1500 })
  t.ok(taken > 0, 'some damage leaves key and form as they are: that is for whoever verifies the certificate')
})

t.test('where the certificates of the CA are known, nothing damaged is taken', async t => {
  const damaged = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 7 })).map(([at, bit]) => {
    const bytes = Buffer.from(good)
    bytes[at]! ^= 1 << bit
    return bytes
  })
  const given = [manufacturer.certificateDer]
  const property = fc.asyncProperty(damaged, async der => {
    const { issued, kept } = await outcomeOf([der], { given })
    return issued === undefined && kept === undefined
  })
  await fc.assert(property, { numRuns: 500 })
  t.strictSame((await outcomeOf([good], { given })).issued, good)
  t.match(
    await outcomeOf([good], { given: [recorded('tvs').certificateDer] }),
    { code: 'CA_NOT_ISSUER', kept: undefined },
    'by another CA',
  )
})
