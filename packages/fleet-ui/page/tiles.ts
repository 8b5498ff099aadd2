import { type Figures, figureInWords, type LiveSnapshot } from '@capfkit/fleet/live'
import { element } from './elements.ts'

type TileRow = {
  readonly label: string
  readonly value: (figures: Figures) => string
  readonly note: (snapshot: LiveSnapshot) => string
  readonly isBad?: (figures: Figures) => boolean
}

const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(part === 0 ? 0 : 2)} %`

/** The figures that are looked at first, one row each. */
const TILES: readonly TileRow[] = [
  {
    label: 'done',
    value: ({ done }) => figureInWords('done', done),
    note: ({ figures: { planned } }) => (planned === undefined ? 'by time' : `of ${figureInWords('planned', planned)} operations`),
  },
  {
    label: 'failed',
    value: ({ failed }) => figureInWords('failed', failed),
    note: ({ figures: { failed = 0, done = 0 } }) => percent(failed, failed + done),
    isBad: ({ failed = 0 }) => failed > 0,
  },
  {
    label: 'rate',
    value: ({ donePerSecond }) => figureInWords('donePerSecond', donePerSecond),
    note: ({ figures: { startedPerSecond } }) => `${figureInWords('startedPerSecond', startedPerSecond)} started`,
  },
  {
    label: 'in flight',
    value: ({ inFlight }) => figureInWords('inFlight', inFlight),
    note: ({ figures: { skipped = 0 } }) => (skipped > 0 ? `${figureInWords('skipped', skipped)} starts skipped` : ''),
  },
  {
    label: 'median',
    value: ({ scheduledP50Ms, scheduledRunP50Ms }) => figureInWords('scheduledP50Ms', scheduledP50Ms ?? scheduledRunP50Ms),
    note: ({ figures: { scheduledRunP50Ms } }) => `${figureInWords('scheduledRunP50Ms', scheduledRunP50Ms)} in the run`,
  },
  {
    label: '99 of 100 within',
    value: ({ scheduledP99Ms, scheduledRunP99Ms }) => figureInWords('scheduledP99Ms', scheduledP99Ms ?? scheduledRunP99Ms),
    note: ({ figures: { scheduledRunP99Ms } }) => `${figureInWords('scheduledRunP99Ms', scheduledRunP99Ms)} in the run`,
  },
  {
    label: 'late starts',
    value: ({ lateStarts }) => figureInWords('lateStarts', lateStarts),
    note: ({ figures: { lateStarts = 0, started = 0 } }) => percent(lateStarts, started),
    isBad: ({ lateStarts = 0, started = 0 }) => lateStarts > started / 20,
  },
]

export class Tiles {
  readonly element: HTMLElement
  readonly #tiles = TILES.map(row => ({ row, value: element('b'), note: element('span', { class: 'soft' }) }))

  constructor() {
    const tiles = this.#tiles.map(({ row, value, note }) =>
      element('div', { class: 'tile' }, element('span', { class: 'soft' }, row.label), value, note),
    )
    this.element = element('div', { class: 'tiles' }, ...tiles)
  }

  show(snapshot: LiveSnapshot): void {
    const { figures } = snapshot
    for (const { row, value, note } of this.#tiles) {
      value.textContent = row.value(figures)
      value.className = row.isBad?.(figures) ? 'bad' : ''
      note.textContent = row.note(snapshot)
    }
  }
}
