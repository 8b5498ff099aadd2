import { HEALTH_LIMITS } from '../../health/limits.ts'
import type { RunReport } from '../run-report.ts'
import { figure, table } from './escape.ts'

/** The generator held against every limit of its own: what was measured, what may be, and what to do about the rest. */
export const healthTable = ({ summary }: RunReport): string =>
  table(
    ['limit', 'verdict', 'measured', 'at most', 'what it is', 'what to do'],
    summary.generator.health.map(({ name, verdict, measured, limit, unit, because, remedy }) => [
      name,
      verdict,
      measured === undefined ? 'not known here' : `${figure(measured)} ${unit}`,
      `${figure(limit)} ${unit}`,
      because ?? HEALTH_LIMITS[name].doc,
      remedy ?? '',
    ]),
    { texts: 6 },
  )
