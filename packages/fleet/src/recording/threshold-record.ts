import type { RunRecord } from '@capfkit/codec/run'
import type { ThresholdResult } from '../thresholds/watch.ts'

/** The result of a threshold as it is recorded: what is absent is 0 or false. */
export const thresholdRecord = (result: ThresholdResult): RunRecord<'Threshold'> => {
  const { name, wanted, got, ok, says, windows, window, aborted } = result
  return {
    ...{ name, wanted, got, ok, says },
    windows: windows?.all ?? 0,
    missed: windows?.missed ?? 0,
    fromSeconds: window?.fromSeconds ?? 0,
    toSeconds: window?.toSeconds ?? 0,
    aborted: aborted ?? false,
  }
}

/** The same back. */
export const thresholdResult = (record: RunRecord<'Threshold'>): ThresholdResult => {
  const { name, wanted, got, ok, says, windows, missed, fromSeconds, toSeconds, aborted } = record
  return {
    ...{ name, wanted, got, ok, says: says === 'failures' ? 'failures' : 'figures' },
    ...(windows > 0 ? { windows: { all: windows, missed } } : {}),
    ...(toSeconds > 0 ? { window: { fromSeconds, toSeconds } } : {}),
    ...(aborted ? { aborted } : {}),
  }
}
