import type { Stage } from './stage/stage.ts'
import type { StagePhone } from './stage/stage-phone.ts'

/** A phone that booted before the CAPF certificate was regenerated: its list has the one of before, CAPF shows the new one. */
export const phoneBeforeNewCapf = async (stage: Stage): Promise<StagePhone> => {
  const phone = await stage.bootedPhone()
  await stage.regenerate('capf')
  await stage.capf.restart()
  return phone
}
