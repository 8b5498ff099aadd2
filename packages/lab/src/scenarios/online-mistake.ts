import type { Scenario } from '../scenario.ts'
import type { OnlineSettings } from './stage/online-part.ts'
import type { Stage } from './stage/stage.ts'

/** Correct Online CA parameters, restart the services that read them, and let the phones come again. */
export const correctOnlineCa = async (stage: Stage, settings: Partial<OnlineSettings>): Promise<void> => {
  const { online } = stage
  Object.assign(online.settings, settings)
  await online.adcs.restart()
  await online.ra.restart()
  await stage.capf.restart()
  await stage.bootAll()
}

/** One parameter of the Online CA is wrong from the start, and a phone asks for its LSC. */
export const onlineMistake = ({
  wrong,
  right,
  ...scenario
}: Pick<Scenario, 'name' | 'broken' | 'shows' | 'cured' | 'after'> & {
  readonly wrong: Partial<OnlineSettings>
  readonly right: Partial<OnlineSettings>
}): Scenario => ({
  ...scenario,
  stage: { online: wrong },
  cause: stage => stage.enrol(stage.newPhone()),
  cure: stage => correctOnlineCa(stage, right),
})
