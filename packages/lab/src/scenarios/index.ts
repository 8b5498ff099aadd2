import type { FindingName } from '@capfkit/diagnose'
import type { Scenario } from '../scenario.ts'
import { capfServiceDown } from './capf-service-down.ts'
import { iisExpired } from './iis-expired.ts'
import { wrongAuthString } from './wrong-auth-string.ts'

const ALL: readonly Scenario[] = [capfServiceDown, wrongAuthString, iisExpired]

/** Every failure of the catalogue by its name, which is that of its finding. */
export const SCENARIOS = Object.fromEntries(ALL.map(scenario => [scenario.name, scenario])) as Readonly<
  Record<FindingName, Scenario>
>
