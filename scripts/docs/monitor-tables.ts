import { ALARMS, type Alarm, CONDITIONS, REGENERATIONS, RESETS, type Regeneration } from '../../packages/monitor/src/index.ts'
import { code, table } from './markdown.ts'

const alarms = table(
  ['alarm', 'severity', 'told when'],
  Object.entries<Alarm>(ALARMS).map(([name, { severity, doc }]) => [code(name), severity, doc]),
)

const regenerations = table(
  ['certificate', 'shown by', 'resets', 'when', 'effects', 'before', 'after'],
  Object.entries<Regeneration>(REGENERATIONS).map(([name, { services, resets, when, effects, before, after }]) => [
    ...[code(name), services.join(', ') || '–', RESETS[resets], CONDITIONS[when].yes],
    ...[effects, before, after].map(texts => texts.join('; ') || '–'),
  ]),
)

/** What docs/monitor.md shows of the code. */
export const monitorTables = (): Readonly<Record<string, string>> => ({ alarms, regenerations })
