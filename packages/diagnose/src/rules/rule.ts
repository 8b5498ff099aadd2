import type { FindingName } from '../findings/index.ts'
import type { Milestone, Sighting } from '../sighting.ts'

/** A value that a place of a line must have: one of several, or what a pattern fits. */
export type Wanted = string | readonly string[] | RegExp

/** A line that has to be there. */
export type Need = {
  /** By the name of its clue, or one of several. */
  readonly clue: string | readonly string[]
  readonly where?: Readonly<Record<string, Wanted>>
}

/** One way in which a failure shows itself. */
export type Way = {
  /** How sure it is, 1 to 100: what is less than {@link CERTAIN} counts only where nothing better was found. */
  readonly weight: number
  readonly needs: readonly Need[]
  /** With one of these it is something else. */
  readonly lacks?: readonly Need[]
  /** Lines that go with it, and are shown where they are there. */
  readonly shows?: readonly Need[]
  /** What cannot be said by words and places. */
  readonly when?: (found: readonly Sighting[], now: number) => boolean
}

export const CERTAIN = 50
/** So sure that it is no consequence of something else, but where that says so by `replaces`. */
export const BEYOND_DOUBT = 90

/** How one finding is found. */
export type Rule = {
  readonly name: FindingName
  /** `device`: about one phone; lines of no device count as well. `site`: about the servers. */
  readonly about: 'device' | 'site'
  readonly ways: readonly Way[]
  /** An operation that succeeds does not end it. */
  readonly outlastsSuccess?: true
  /** It is over when the CA lets the registration authority in again, or when a phone gets a certificate; that ends both. */
  readonly endsWhen?: Milestone
  /** What looks like another failure and is the consequence of this one, unless it is beyond doubt. */
  readonly explains?: readonly FindingName[]
  /** What the same lines would mean if these did not say more. */
  readonly replaces?: readonly FindingName[]
}

const fits = (value: string | undefined, wanted: Wanted): boolean => {
  if (value === undefined) return false
  if (wanted instanceof RegExp) return wanted.test(value)
  return typeof wanted === 'string' ? value === wanted : wanted.includes(value)
}

export const isNeeded = ({ clue, values }: Sighting, { clue: wanted, where = {} }: Need): boolean =>
  (typeof wanted === 'string' ? clue === wanted : wanted.includes(clue)) &&
  Object.entries(where).every(([place, text]) => fits(values[place], text))

/** An operation of a device that ended with one of these numbers of tkCertificateStatus. */
export const outcome = (...numbers: readonly number[]): Need => ({ clue: 'outcome', where: { number: numbers.map(String) } })

/** An enrolment that libest ended with one of these names, `EST_ERR_…`. */
export const enrolled = (...names: readonly string[]): Need => ({
  clue: 'trace.enrolled',
  where: { name: names.map(name => `EST_ERR_${name}`) },
})

/** What the server notes of a session; *ours*. */
export const note = (detail: RegExp): Need => ({ clue: 'trace.note', where: { detail } })

/** curl gave up on its way to the CA: which number, and which words. */
export const curlFailed = (
  steps: readonly ('loginFailed' | 'pageFailed' | 'caCertsFailed')[],
  where: Need['where'] = {},
): Need => ({
  clue: steps.map(step => `ces.${step}`),
  where,
})
