import { figureInWords, inWords, type PhoneTimeline, type TimelineFrame, type TimelineOperation } from '@capfkit/fleet/live'
import { card, element } from './elements.ts'
import { askOperations, askPhone } from './server.ts'

const REFRESH_MS = 2_000
const SHOWN = 12
/** As many as style.css has for segments. */
const COLOURS = 10

const colourOf = new Map<string, number>()
/** The same colour for the same stretch, in the order in which they were met. */
const colourClass = (name: string) => {
  if (!colourOf.has(name)) colourOf.set(name, colourOf.size % COLOURS)
  return `c${colourOf.get(name)}`
}

const frameOf = ({ from, atMs, name, elements, hex, bytes }: TimelineFrame): HTMLElement => {
  const arrow = from === 'server' ? 'server → phone' : 'phone → server'
  const cut = hex.length / 2 < bytes ? ` … ${bytes} bytes` : ''
  return element(
    'details',
    { class: `frame ${from}` },
    element(
      'summary',
      {},
      element('span', { class: 'when' }, inWords('ms', atMs)),
      element('span', { class: 'way' }, arrow),
      element('code', {}, name),
    ),
    element('dl', {}, ...elements.flatMap(({ name: key, value }) => [element('dt', {}, key), element('dd', {}, value)])),
    element('pre', {}, hex + cut),
  )
}

const barOf = ({ stretches, totalMs }: TimelineOperation): HTMLElement => {
  const bar = element('div', { class: 'bar' })
  for (const { name, ms } of stretches) {
    const part = element('span', { class: colourClass(name), title: `${name}: ${inWords('ms', ms)}` })
    part.style.flexGrow = String(Math.max(ms, totalMs / 400))
    bar.append(part)
  }
  return bar
}

const keyOf = ({ stretches }: TimelineOperation): HTMLElement =>
  element(
    'ul',
    { class: 'key' },
    ...stretches.map(({ name, ms }) =>
      element('li', {}, element('i', { class: colourClass(name) }), `${name} `, element('b', {}, inWords('ms', ms))),
    ),
  )

const operationOf = (operation: TimelineOperation): HTMLElement => {
  const { phaseName, operation: what, startedAtMs, lateMs, totalMs, failure } = operation
  const late = lateMs >= 1 ? `, ${inWords('ms', lateMs)} after its time` : ''
  const head = element(
    'h3',
    {},
    `${phaseName}: ${what} `,
    element('span', { class: failure ? 'bad' : 'good' }, failure ? failure.reason : 'done'),
    element('span', { class: 'soft' }, `  at ${timeOfDay(startedAtMs)}${late}, took ${inWords('ms', totalMs)}`),
  )
  const parts: HTMLElement[] = [head, barOf(operation), keyOf(operation)]
  if (failure) {
    const { side, phase, detail, frames } = failure
    parts.push(element('p', {}, element('b', {}, `${side}, in ${phase}: `), detail))
    parts.push(...frames.map(frameOf))
    if (frames.length === 0) parts.push(element('p', { class: 'soft' }, 'No frames were kept of it.'))
  }
  return element('article', { class: 'operation' }, ...parts)
}

const sentenceOf = ({ operations, from, isPart }: PhoneTimeline): string => {
  const count = `${figureInWords('done', operations.length)} ${operations.length === 1 ? 'operation' : 'operations'}`
  const source = from === 'recording' ? 'from the recording' : 'from the last operations that are kept in memory'
  return `${count} ${source}${isPart ? '; there may have been more (a run with --out keeps all)' : ''}`
}

const timeOfDay = (atMs: number) =>
  new Date(atMs).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 1 })

/** What happened to single phones. */
export class Phones {
  readonly element: HTMLElement
  readonly #name = element('input', {
    id: 'phone-name',
    type: 'search',
    placeholder: 'Device name, such as SEP020000000001',
    maxlength: 128,
  })
  readonly #failed = element('ul', { class: 'recent' })
  readonly #last = element('ul', { class: 'recent' })
  readonly #timeline = element('div', { id: 'timeline' })

  constructor() {
    const form = element('form', {}, this.#name, element('button', { type: 'submit' }, 'Show'))
    form.onsubmit = event => {
      event.preventDefault()
      if (this.#name.value.trim() !== '') void this.#show(this.#name.value.trim())
    }
    this.element = card(
      'One phone',
      form,
      element(
        'div',
        { class: 'lists' },
        element('div', {}, element('h3', {}, 'Failed last'), this.#failed),
        element('div', {}, element('h3', {}, 'Ended last'), this.#last),
      ),
      this.#timeline,
    )
  }

  /** Ask for the newest operations, again and again, until the run is over. */
  async follow(isOver: () => boolean): Promise<void> {
    for (;;) {
      const last = isOver()
      try {
        const { last: ended, failed } = await askOperations()
        this.#failed.replaceChildren(...this.#buttons(failed))
        this.#last.replaceChildren(...this.#buttons(ended))
      } catch {
        // The head of the page says that nothing answers.
      }
      if (last) return
      await new Promise(resolve => setTimeout(resolve, REFRESH_MS))
    }
  }

  #buttons(operations: readonly TimelineOperation[]): HTMLElement[] {
    if (operations.length === 0) return [element('li', { class: 'soft' }, 'none')]
    return operations.slice(0, SHOWN).map(({ deviceName, failure, totalMs }) => {
      const button = element('button', { type: 'button', class: 'link' }, deviceName)
      button.onclick = () => void this.#show(deviceName)
      return element('li', {}, button, element('span', { class: 'soft' }, failure ? failure.reason : inWords('ms', totalMs)))
    })
  }

  async #show(name: string): Promise<void> {
    this.#name.value = name
    this.#timeline.replaceChildren(element('p', { class: 'soft' }, 'looking …'))
    try {
      const timeline = await askPhone(name)
      const nothing = timeline.operations.length === 0 ? 'Nothing is known of a device of this name.' : sentenceOf(timeline)
      this.#timeline.replaceChildren(
        element('h3', { class: 'device' }, timeline.deviceName),
        element('p', { class: 'soft' }, nothing),
        ...[...timeline.operations].reverse().map(operationOf),
      )
    } catch (error) {
      this.#timeline.replaceChildren(element('p', { class: 'bad' }, (error as Error).message))
    }
  }
}
