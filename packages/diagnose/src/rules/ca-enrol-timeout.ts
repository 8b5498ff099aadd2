import { curlFailed, enrolled, outcome, type Rule } from './rule.ts'

/** The registration authority gives up after ten seconds; what comes much earlier is another error that CAPF calls the same. */
const ABOUT_TEN_SECONDS_MS = 8_000

const SSL_READ = enrolled('SSL_READ')

export const caEnrolTimeout: Rule = {
  name: 'ca-enrol-timeout',
  about: 'device',
  ways: [
    {
      weight: 85,
      needs: [SSL_READ],
      when: found => found.some(({ clue, values }) => clue === 'trace.enrolled' && Number(values.tookMs) >= ABOUT_TEN_SECONDS_MS),
      shows: [{ clue: 'trace.calling' }, outcome(15)],
    },
    { weight: 60, needs: [SSL_READ], shows: [outcome(15)] },
    // The device table alone.
    { weight: 35, needs: [outcome(15)] },
  ],
}

export const caSilent: Rule = {
  name: 'ca-enrol-timeout',
  about: 'site',
  ways: [
    {
      weight: 90,
      needs: [curlFailed(['pageFailed', 'caCertsFailed'], { number: '28' })],
      shows: [{ clue: 'ces.chainMissing' }],
    },
    { weight: 90, needs: [{ clue: 'libest.enrolFailed', where: { number: '35', reached: ['login', 'page'] } }] },
  ],
}
