import { CA_SYMPTOMS } from './ca-symptoms.ts'
import { curlFailed, type Need, type Way } from './rule.ts'

/** The registration authority does not get as far as the request page of the CA. */
export const CA_WEB_SERVER = { about: 'site', endsWhen: 'loggedIn', explains: CA_SYMPTOMS } as const

const STEPS = ['loginFailed', 'pageFailed', 'caCertsFailed'] as const

type CurlSaid = Partial<Pick<Way, 'weight'>> & {
  /** Any step to the CA, without it. */
  readonly steps?: Parameters<typeof curlFailed>[0]
  readonly where: Need['where']
  /** Lines that have to be there, too. */
  readonly further?: readonly Need[]
}

/** What curl said, with the address that it had asked and what became of the chain of the CA. */
export const curlSaid = ({ weight = 92, steps = STEPS, where, further = [] }: CurlSaid): Way => ({
  weight,
  needs: [curlFailed(steps, where), ...further],
  shows: [{ clue: 'ces.loginUrl' }, { clue: 'ces.chainMissing' }],
})
