import { setTimeout as delay } from 'node:timers/promises'
import {
  CertificateMonitor,
  MONITOR_OPTIONS,
  type Notice,
  noticeJson,
  noticeWords,
  type Round,
  roundJson,
  roundWords,
} from '@capfkit/monitor'
import { command, JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { EXIT } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { reportError } from '../report-error.ts'
import { plain } from '../screen-table.ts'
import { type Monitored, watchedNow } from './sources.ts'

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const
/** LSCs of one campaign end together: more of one alarm are counted only. */
const MOST_LSCS = 10

/** A line a notice, with the time of the round. */
const noticeLines = ({ at, notices }: Round, io: Io): string[] => {
  const paint = painter(io.stdout, io)
  const time = `${at.toISOString().slice(0, 19)}Z`
  const line = ({ severity, alarm }: Notice, words: string) =>
    `${time} ${paint(COLOURS[severity], severity.padEnd(7))} ${alarm}  ${words}`
  const lscs = new Map<string, number>()
  const lines = notices.flatMap(notice => {
    if (notice.watched.kind !== 'lsc') return [line(notice, plain(noticeWords(notice)))]
    const count = (lscs.get(notice.alarm) ?? 0) + 1
    lscs.set(notice.alarm, count)
    return count > MOST_LSCS ? [] : [line(notice, plain(noticeWords(notice)))]
  })
  const further = [...lscs].flatMap(([alarm, count]) => {
    const example = notices.find(notice => notice.alarm === alarm)!
    return count > MOST_LSCS
      ? [line(example, `and ${count - MOST_LSCS} further LSCs; --json has them all, capf monitor report their months`)]
      : []
  })
  return [...lines, ...further]
}

/** Of later rounds only what is new is told to people. */
const printRound = (round: Round, { json, io, isFirst }: { json: boolean; io: Io; isFirst: boolean }): void => {
  if (json) {
    for (const notice of round.notices) print(io, JSON.stringify(noticeJson(notice)))
    print(io, JSON.stringify(roundJson(round)))
    return
  }
  for (const line of noticeLines(round, io)) print(io, line)
  if (round.notices.length > 0 || isFirst) note(io, roundWords(round))
}

type Service = { monitor: CertificateMonitor; everyMs: number; json: boolean; io: Io }

/** Until it is stopped. What cannot be read now may be there the next time, except at the start, where it is a slip. */
const watchOn = async ({ monitor, everyMs, json, io }: Service): Promise<void> => {
  using interruption = new Interruption(io)
  const { signal } = interruption
  for (let first = true; !signal.aborted; first = false) {
    try {
      printRound(await monitor.round(signal), { json, io, isFirst: first })
    } catch (error) {
      if (signal.aborted) return
      if (first) throw error
      reportError(error, io)
    }
    await delay(everyMs, undefined, { signal }).catch(() => {})
  }
}

export const check = command({
  name: 'check',
  doc: 'Tell which certificates end soon',
  details:
    'Looks at the LSCs of a device store, at who issued them, and at certificates in files. Notices carry the name of the alarm of the product. Exit code 1 when a certificate has less than a day left or has ended. Without --store, where files are named, only these are looked at.',
  examples: [
    ['monitor --store sqlite:capf.db CAPF.pem CallManager.pem TVS.pem', 'Once, as from cron: everything that has a notice now'],
    ['monitor --store postgres://capf@db/capf --every 1h --json', 'As a service: each notice once, as JSON Lines'],
  ],
  words: {
    files: { doc: 'Files with certificates, PEM or DER, as CAPF.pem or a bundle of trusted ones.', many: true, optional: true },
  },
  options: { ...STORE_OPTIONS, ...MONITOR_OPTIONS, ...JSON_OPTION },
  async run({ options: { noticeDays, repeat, every, json, ...store }, given, words: { files }, io }) {
    const monitored: Monitored = { ...store, files: files, isStoreGiven: given.has('store') }
    const monitor = new CertificateMonitor({
      policy: { noticeDays, repeatMs: repeat },
      watch: signal => watchedNow(monitored, signal),
      now: io.now,
    })
    if (every !== undefined) {
      await watchOn({ monitor, everyMs: every, json, io })
      return undefined
    }
    const round = await monitor.round()
    printRound(round, { json, io, isFirst: true })
    return round.notices.some(({ severity }) => severity === 'error') ? EXIT.failed : undefined
  },
})
