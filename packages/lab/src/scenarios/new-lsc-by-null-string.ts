import type { Scenario } from '../scenario.ts'

/** What helps a phone whose LSC or MIC does not count. */
export const NEW_LSC_BY_NULL_STRING = {
  cured: 'a new LSC is ordered by null string',
  cure: async stage => {
    for (const phone of stage.phones) await stage.enrol(phone, { authMode: 'null' })
  },
} satisfies Pick<Scenario, 'cured' | 'cure'>
