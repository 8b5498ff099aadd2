import { GivenNotices, type Notice, type NoticePolicy, noticeFor } from './notice.ts'
import type { Watched, WatchedKind } from './watched.ts'

export type MonitorInit = {
  readonly policy: NoticePolicy
  /** Everything that is watched, read anew for each round; it may tell of one certificate several times. */
  readonly watch: (signal: AbortSignal | undefined) => AsyncIterable<Watched>
  readonly now: () => Date
}

/** What one look at all certificates came to. */
export type Round = {
  readonly at: Date
  /** How many certificates were looked at. */
  readonly looked: Readonly<Record<WatchedKind, number>>
  /** What is told now, the most urgent first. */
  readonly notices: readonly Notice[]
  /** How many notices stand, told now or before. */
  readonly standing: number
}

/** Looks at certificates, once or again and again, and tells each notice once. */
export class CertificateMonitor {
  readonly #init: MonitorInit
  readonly #given = new GivenNotices()

  constructor(init: MonitorInit) {
    this.#init = init
  }

  /** @throws what reading the certificates throws; the notices of that round are told by the next one. */
  async round(signal?: AbortSignal): Promise<Round> {
    const { policy, watch, now } = this.#init
    const at = now()
    const looked: Record<WatchedKind, number> = { lsc: 0, issuer: 0, file: 0 }
    const standing: Notice[] = []
    // One issuer, and one file, has many; each LSC is told of once.
    const seen = new Set<string>()
    for await (const watched of watch(signal)) {
      signal?.throwIfAborted()
      if (watched.kind !== 'lsc') {
        if (seen.has(watched.id)) continue
        seen.add(watched.id)
      }
      looked[watched.kind]++
      const notice = noticeFor(watched, { nowMs: at.getTime(), policy })
      if (notice) standing.push(notice)
    }
    const notices = this.#given.fresh(standing).sort((a, b) => a.leftMs - b.leftMs || (a.watched.name < b.watched.name ? -1 : 1))
    return { at, looked, notices, standing: standing.length }
  }
}
