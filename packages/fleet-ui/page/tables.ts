import { figureInWords, inWords, type LivePercentiles, type LiveSnapshot, type LiveStretch } from '@capfkit/fleet/live'
import { card, element, fillRows, tableOf } from './elements.ts'

const PERCENTILES = ['p50', 'p90', 'p99'] as const

const cells = (values: LivePercentiles | undefined) => PERCENTILES.map(name => inWords('ms', values?.[name]))

const overall = ({ figures }: LiveSnapshot): LiveStretch[] =>
  (
    [
      ['scheduled', 'scheduled start'],
      ['actual', 'real start'],
    ] as const
  ).map(([start, phase]) => {
    const at = (prefix: typeof start | `${typeof start}Run`) => {
      const [p50, p90, p99] = [figures[`${prefix}P50Ms`], figures[`${prefix}P90Ms`], figures[`${prefix}P99Ms`]]
      return p50 === undefined || p90 === undefined || p99 === undefined ? undefined : { p50, p90, p99 }
    }
    return { phase, last: at(start), run: at(`${start}Run`) }
  })

/** The tables below the charts. */
export class Tables {
  readonly failures: HTMLElement
  readonly latency: HTMLElement
  readonly generator: HTMLElement
  readonly plan: HTMLElement
  readonly thresholds: HTMLElement
  readonly disturbances: HTMLElement
  readonly #none = element('p', { class: 'soft' }, 'Nothing failed.')
  readonly #failures = tableOf(['reason', 'side', 'phase', 'operations'], 3)
  readonly #disturbances = tableOf(['on purpose', 'ended', 'operations'], 2)
  readonly #latency = tableOf(['last second', ...PERCENTILES, 'run: p50', 'p90', 'p99'], 1)
  readonly #generator = tableOf(['process', 'CPU', 'event loop late, p99', 'max', 'memory'], 1)
  readonly #plan = tableOf(['phase of the plan', '', 'ended', 'of'], 2)
  readonly #thresholds = tableOf(['', 'threshold', 'so far'], 2)

  constructor() {
    this.failures = card('Failures', this.#none, this.#failures.table)
    this.disturbances = card('Phones that misbehave', this.#disturbances.table)
    this.latency = card('Where the time goes', this.#latency.table)
    this.generator = card('Generator', this.#generator.table)
    this.plan = card('Plan', this.#plan.table)
    this.thresholds = card('Thresholds', this.#thresholds.table)
  }

  show(snapshot: LiveSnapshot): void {
    const { failures, otherFailures, disturbances, stretches, processes, phases, phase: at, thresholds } = snapshot
    const others = otherFailures > 0 ? [['others', '', '', figureInWords('failed', otherFailures)]] : []
    fillRows(this.#failures.body, [
      ...failures.map(({ reason, side, phase, count }) => [reason, side, phase, figureInWords('failed', count)]),
      ...others,
    ])
    this.#none.hidden = failures.length > 0
    this.#failures.table.hidden = failures.length === 0
    const rows = [...overall(snapshot), ...stretches]
    fillRows(
      this.#latency.body,
      rows.map(({ phase, last, run }) => [phase, ...cells(last), ...cells(run)]),
    )
    fillRows(
      this.#generator.body,
      processes.map(({ process, cpuShare, eventLoopDelayP99Ms, eventLoopDelayMaxMs, memoryBytes }) => [
        process + 1,
        inWords('cores', cpuShare),
        inWords('ms', eventLoopDelayP99Ms),
        inWords('ms', eventLoopDelayMaxMs),
        inWords('bytes', memoryBytes),
      ]),
    )
    fillRows(
      this.#plan.body,
      phases.map(({ name, ended, total }, number) => [
        name,
        at === undefined || number > at ? 'to come' : number < at || snapshot.state === 'ended' ? 'over' : 'now',
        figureInWords('done', ended),
        total === undefined ? '–' : figureInWords('planned', total),
      ]),
    )
    this.disturbances.hidden = disturbances.length === 0
    fillRows(
      this.#disturbances.body,
      disturbances.map(({ fault, outcome, count }) => [fault, outcome, figureInWords('disturbed', count)]),
    )
    this.thresholds.hidden = thresholds.length === 0
    fillRows(
      this.#thresholds.body,
      thresholds.map(({ holds, sentence, value }) => [
        element('span', { class: holds ? 'good' : 'bad' }, holds ? '✓' : '✗'),
        sentence,
        value,
      ]),
    )
  }
}
