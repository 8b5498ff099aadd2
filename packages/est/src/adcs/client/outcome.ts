import { AdcsError } from '../errors.ts'
import { DISPOSITIONS, type Page } from './page-anchors.ts'

export type AdcsOutcome =
  | {
      readonly status: 'issued'
      readonly certificateDer: Buffer
      readonly requestId: number
      /** `ADCS_KEY_USAGE`: issued, and of no use to a phone. */
      readonly unfit?: AdcsError
    }
  | { readonly status: 'pending'; readonly requestId: number }
  | {
      readonly status: 'denied'
      readonly requestId?: number
      /** In the words and the language of the CA. */
      readonly message: string
      /** `0x80094800` and the like. */
      readonly hresult?: string
    }

/** A pending or denied outcome as an error: `ADCS_PENDING`, `ADCS_DENIED`. */
export const refusalOf = (outcome: Exclude<AdcsOutcome, { status: 'issued' }>): AdcsError =>
  outcome.status === 'pending'
    ? new AdcsError('ADCS_PENDING', `request ${outcome.requestId}`)
    : new AdcsError('ADCS_DENIED', `request ${outcome.requestId ?? 'without a number'}`, { detail: outcome.message })

/**
 * What a page comes to that says neither issued nor leaves it open.
 *
 * @param place  `requestId` where the page is about a request that was asked for by its number.
 * @throws {AdcsError} `ADCS_REQUEST_FAILED`, or `ADCS_REQUEST_UNKNOWN` of a number; `ADCS_PAGE_UNKNOWN`.
 */
export const refusedBy = (page: Page, { where, requestId }: { where: string; requestId?: number }): AdcsOutcome => {
  const number = requestId === undefined ? {} : { requestId }
  if (page.kind === 'denied') {
    const { kind: _, ...denied } = page
    return { status: 'denied', ...number, ...denied }
  }
  if (page.kind !== 'failed') throw new AdcsError('ADCS_PAGE_UNKNOWN', where)
  const { disposition, message, hresult } = page
  if (requestId !== undefined && disposition === DISPOSITIONS.underSubmission) return { status: 'pending', requestId }
  if (disposition === DISPOSITIONS.denied) return { status: 'denied', message, ...number, ...(hresult ? { hresult } : {}) }
  throw new AdcsError(requestId === undefined ? 'ADCS_REQUEST_FAILED' : 'ADCS_REQUEST_UNKNOWN', where, { detail: message })
}
