import './style.css'
import 'uplot/dist/uPlot.min.css'
import { clockInWords, LiveHistory, type LiveSnapshot, SNAPSHOT_VERSION } from '@capfkit/fleet/live'
import { Charts } from './charts.ts'
import { Controls } from './controls.ts'
import { element } from './elements.ts'
import { Phones } from './phones.ts'
import { askHistory, watch } from './server.ts'
import { Tables } from './tables.ts'
import { Tiles } from './tiles.ts'

let history = new LiveHistory()
let last: LiveSnapshot | undefined

const badge = element('span', { id: 'state', class: 'badge', role: 'status' }, 'connecting')
const stage = element('h1', { id: 'stage' }, 'capf fleet')
const about = element('span', { class: 'soft', id: 'about' })
const clock = element('span', { id: 'clock' })
const meter = element('div', { class: 'meter' }, element('span'))
const notes = element('div', { id: 'notes' })
const refusals = element('p', { class: 'note', id: 'refusal', role: 'alert', hidden: true })

const refuse = (sentence: string) => {
  refusals.textContent = sentence
  refusals.hidden = false
}

const controls = new Controls(refuse)
const tiles = new Tiles()
const charts = new Charts(() => history)
const tables = new Tables()
const phones = new Phones()

const showHead = ({ state, stage: words, seconds, run, phases, phase = -1, warnings }: LiveSnapshot) => {
  badge.textContent = state
  badge.className = `badge ${state}`
  stage.textContent = words
  document.title = `${state}: ${words}`
  clock.textContent = clockInWords(seconds)
  const place = phases.length > 1 && phase >= 0 ? `phase ${phase + 1} of ${phases.length}, ` : ''
  about.textContent = `${place}${run.phones.toLocaleString('en')} phones, ${run.target}, seed ${run.seed}`
  const { ended = 0, total } = phases[phase] ?? {}
  meter.hidden = total === undefined
  ;(meter.firstElementChild as HTMLElement).style.width = `${(100 * ended) / Math.max(1, total ?? 1)}%`
  notes.replaceChildren(...warnings.map(text => element('p', { class: 'note' }, text)))
}

const show = (snapshot: LiveSnapshot) => {
  if (snapshot.version !== SNAPSHOT_VERSION) {
    refuse(
      `This page knows snapshots of version ${SNAPSHOT_VERSION}, and the run sends version ${snapshot.version}: load the page again.`,
    )
    return
  }
  last = snapshot
  history.add(snapshot)
  showHead(snapshot)
  controls.show(snapshot)
  tiles.show(snapshot)
  tables.show(snapshot)
  charts.draw()
}

document.body.append(
  element('header', {}, element('div', { class: 'head' }, badge, stage, clock, about), controls.element, meter),
  element(
    'main',
    {},
    refusals,
    notes,
    tiles.element,
    charts.element,
    element(
      'div',
      { class: 'columns' },
      element('div', { class: 'stack' }, tables.failures, tables.disturbances, tables.thresholds, tables.plan),
      element('div', { class: 'stack' }, tables.latency, tables.generator),
    ),
    phones.element,
  ),
)
charts.make()

try {
  history = new LiveHistory(await askHistory())
} catch {
  // The run has only begun, or nothing answers: what follows tells.
}
watch({
  snapshot: show,
  connection: isThere => {
    if (!isThere && last?.state !== 'ended') badge.textContent = 'not connected'
    badge.classList.toggle('gone', !isThere)
  },
})
void phones.follow(() => last?.state === 'ended')
