export { ALARM_NAMES, ALARMS, type Alarm, type AlarmName, alarmFor, type Severity } from './alarms.ts'
export { type Impact, type Node, type Population, populationOf, type RegenerationImpact, regenerationImpact } from './impact.ts'
export { type Month, Months, monthLines, monthsCsv } from './months.ts'
export { GivenNotices, type Notice, type NoticePolicy, noticeFor } from './notice.ts'
export { MONITOR_OPTIONS, type MonitorOptions } from './options.ts'
export {
  CERTIFICATE_NAMES,
  type CertificateName,
  CONDITIONS,
  type Condition,
  certificateNamed,
  NOT_TOGETHER,
  OTHER_NAMES,
  REGENERATIONS,
  RESETS,
  type Regeneration,
} from './regeneration.ts'
export { CertificateMonitor, type MonitorInit, type Round } from './round.ts'
export { WATCHED_KINDS, type Watched, type WatchedKind, watchedIn, watchedOf } from './watched.ts'
export { noticeJson, noticeWords, roundJson, roundWords } from './words.ts'
