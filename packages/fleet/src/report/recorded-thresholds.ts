import type { RunRecord } from '@capfkit/codec/run'
import { thresholdResult } from '../recording/threshold-record.ts'
import { parseThreshold } from '../thresholds/threshold.ts'
import { type ThresholdResult, type WholeRun, wholeResult } from '../thresholds/watch.ts'

/**
 * What became of the thresholds of a recorded run. Of one that was killed those of the whole run, as far as it came: what its windows
 * were is not on record.
 */
export const recordedThresholds = (
  footer: RunRecord<'Footer'> | undefined,
  { stated, whole }: { stated: unknown; whole: WholeRun },
): ThresholdResult[] => {
  if (footer) return footer.thresholds.map(thresholdResult)
  const texts = Array.isArray(stated) ? stated.map(String) : []
  return texts.flatMap(text => {
    try {
      const threshold = parseThreshold(text)
      return threshold.overMs === undefined ? [wholeResult(threshold, whole)] : []
    } catch {
      // Of a version that knew another one.
      return []
    }
  })
}
