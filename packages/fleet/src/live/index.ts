export { FACTORS } from '../pace.ts'
export { FIGURE_NAMES, FIGURES, type FigureName, type FigureRow, type Figures, type FigureUnit } from './figures.ts'
export { type EncodedHistory, type HistoryPoint, LiveHistory, MOST_POINTS } from './history.ts'
export {
  MOST_HEX_BYTES,
  type PhoneSource,
  type PhoneTimeline,
  type RecentOperations,
  type TimelineFrame,
  type TimelineOperation,
} from './phone-timeline.ts'
export {
  type LiveControl,
  type LiveDisturbance,
  type LiveFailure,
  type LivePercentiles,
  type LivePhase,
  type LiveProcess,
  type LiveRun,
  type LiveSnapshot,
  type LiveStretch,
  type LiveThreshold,
  MOST_FAILURES,
  RUN_STATES,
  type RunState,
  SNAPSHOT_VERSION,
} from './snapshot.ts'
export { clockInWords, figureInWords, inWords } from './words.ts'
