export { HTTP_LIMITS, HttpLimits, type HttpLimitsInit, type Knocking } from './rollover/http-limits.ts'
export { ROLLOVER_OPTIONS, type RolloverOptions } from './rollover/options.ts'
export { planRollover, type RolloverPlan } from './rollover/plan.ts'
export { type IosConfig, type IosSection, readIosConfig, type Stated } from './rollover/read-config.ts'
export { formatRolloverHtml } from './rollover/report/html.ts'
export { formatRolloverJson } from './rollover/report/json.ts'
export { rolloverLines } from './rollover/report/lines.ts'
export { windowLines } from './rollover/report/words.ts'
export { type Origin, type Settled, SettlingError, type SettlingProblem, settleRollover } from './rollover/settle.ts'
export { type FleetOfClients, type Hour, MOST_CLIENTS, type Simulation, simulateRollover } from './rollover/simulate.ts'
export { rangeOf, type SettingName, STATEMENTS, type Statement } from './rollover/statements.ts'
export {
  DAY_MS,
  type LastCertificate,
  lastCertificate,
  type RolloverTimers,
  type RolloverWindows,
  windowsOf,
  worstDay,
} from './rollover/windows.ts'
