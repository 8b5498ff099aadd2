import { parseCertificate } from '@capfkit/pki'
import { AdcsError } from '../errors.ts'
import { PAGES } from '../paths.ts'
import { certificatesOf, unfitFor } from './certificates.ts'
import { pollForm } from './form.ts'
import { type AdcsOutcome, refusedBy } from './outcome.ts'
import { readPage } from './page-anchors.ts'
import { pageText } from './page-text.ts'
import type { CertsrvSession } from './session.ts'

type Wanted = { readonly requestId: number; readonly publicKeyDer?: Buffer }

const issued = (certificateDer: Buffer, { requestId, publicKeyDer }: Wanted): AdcsOutcome => {
  const certificate = parseCertificate(certificateDer)
  const where = `request ${requestId}`
  if (publicKeyDer && !certificate.publicKeyDer.equals(publicKeyDer)) throw new AdcsError('ADCS_WRONG_CERTIFICATE', where)
  const unfit = unfitFor(certificate, where)
  return { status: 'issued', certificateDer, requestId, ...(unfit ? { unfit } : {}) }
}

/**
 * certnew.cer, which answers with the certificate, or with the state of the request in HTML [ADCS-3.4].
 *
 * @throws {AdcsError} `ADCS_WRONG_CERTIFICATE`, `ADCS_NO_CERTIFICATE`, `ADCS_REQUEST_UNKNOWN`; those of the connection.
 */
export const fetchCertificate = async (session: CertsrvSession, wanted: Wanted): Promise<AdcsOutcome> => {
  const { requestId } = wanted
  const answer = await session.page({ path: `${PAGES.certificate}?ReqID=${requestId}&ENC=b64` })
  const [certificateDer] = certificatesOf(answer)
  if (certificateDer) return issued(certificateDer, wanted)
  const said = readPage(pageText(answer))
  if (said.kind === 'failed') return refusedBy(said, { where: answer.url, requestId })
  throw new AdcsError('ADCS_NO_CERTIFICATE', answer.url)
}

/** As {@link fetchCertificate}; where that page has no state, the one for people has [ADCS-3.4]. */
export const askForRequest = async (session: CertsrvSession, wanted: Wanted): Promise<AdcsOutcome> => {
  try {
    return await fetchCertificate(session, wanted)
  } catch (error) {
    if (!(error instanceof AdcsError) || error.code !== 'ADCS_NO_CERTIFICATE') throw error
    const { requestId } = wanted
    const checked = await session.page({ path: PAGES.submit, form: pollForm(requestId) })
    const said = readPage(pageText(checked))
    if (said.kind === 'issued') throw error
    if (said.kind === 'other' && said.numbers.includes(requestId)) return { status: 'pending', requestId }
    return refusedBy(said, { where: checked.url, requestId })
  }
}

/** Numbers of a page that may be that of a pending request: so many are asked for. */
const MAX_TRIED_NUMBERS = 3
/** Numbers that are none of a request, or that of somebody else's. */
const NOT_OURS: readonly string[] = ['ADCS_REQUEST_UNKNOWN', 'ADCS_NO_CERTIFICATE', 'ADCS_WRONG_CERTIFICATE']

const unlessOfAnother = (error: unknown): undefined => {
  if (!(error instanceof AdcsError && NOT_OURS.includes(error.code))) throw error
}

/**
 * The request that a page is about which is no other kind of page: pending. The CA itself says which of the numbers in the text
 * is one under submission, so that no word needs to be understood.
 *
 * @throws {AdcsError} `ADCS_PAGE_UNKNOWN`
 */
export const findPending = async (
  session: CertsrvSession,
  { numbers, publicKeyDer, where }: { numbers: readonly number[]; publicKeyDer: Buffer; where: string },
): Promise<AdcsOutcome> => {
  for (const requestId of numbers.slice(0, MAX_TRIED_NUMBERS)) {
    const outcome = await fetchCertificate(session, { requestId, publicKeyDer }).catch(unlessOfAnother)
    if (outcome) return outcome
  }
  throw new AdcsError('ADCS_PAGE_UNKNOWN', where)
}
