import { escaped } from '@capfkit/codec/markup'
import type { RolloverPlan } from '../plan.ts'
import { aroundShadow, type Bucket, bucketsOf, spanOf } from './buckets.ts'
import { dayWords, figure, outcomeLines, RA_WORDS, remedyLines, settingRows, windowLines } from './words.ts'

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --served: #2e7d32; --refused: #c62828; --unheard: #8a8a8a }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .1rem 1.2rem .1rem 0 } td:nth-child(2) { text-align: right }
svg { width: 100%; height: 16rem; border-bottom: 1px solid; background: color-mix(in srgb, currentColor 4%, transparent) }
.served { fill: var(--served); background: var(--served) } .refused { fill: var(--refused); background: var(--refused) }
.unheard { fill: var(--unheard); background: var(--unheard) } .key i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em }
.scale { display: flex; justify-content: space-between } ul { padding-left: 1.2rem; margin: .3rem 0 }
`

const MOST_BARS = 300
const HEIGHT = 100
/** From below: who was served, who got 404, who was not heard. */
const LAYERS = ['served', 'refused', 'unheard'] as const

const timeOf = (hour: number): string => `day ${Math.floor(hour / 24)}, ${String(hour % 24).padStart(2, '0')}:00`

const barOf = (bucket: Bucket, { index, most }: { index: number; most: number }): string => {
  let below = 0
  const parts = LAYERS.map(layer => {
    const height = (bucket[layer] / most) * HEIGHT
    below += height
    return height === 0
      ? ''
      : `<rect class="${layer}" x="${index}" y="${(HEIGHT - below).toFixed(3)}" width="1" height="${height.toFixed(3)}"/>`
  })
  const words = `${timeOf(bucket.fromHour)}: ${figure(bucket.asked)} asked, ${figure(bucket.served)} served, ${figure(bucket.refused)} got 404, ${figure(bucket.unheard)} not heard`
  return `<g><title>${words}</title>${parts.join('')}</g>`
}

/** Stacked bars over time; what a bar is stands in its title. */
const chartOf = (title: string, buckets: readonly Bucket[]): string => {
  const most = Math.max(1, ...buckets.map(({ asked }) => asked))
  const { hours } = buckets[0]!
  const last = buckets.at(-1)!
  return `<h2>${title}, ${hours === 1 ? 'an hour' : `${hours} hours`} a bar; the highest is ${figure(most)}</h2>
<svg viewBox="0 0 ${buckets.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">${buckets.map((bucket, index) => barOf(bucket, { index, most })).join('')}</svg>
<div class="scale"><span>${timeOf(buckets[0]!.fromHour)}</span><span>${timeOf(last.fromHour + hours)}</span></div>`
}

const listOf = (lines: readonly string[]) => `<ul>${lines.map(line => `<li>${escaped(line)}</li>`).join('')}</ul>`

/** One page with everything in it: no script, and nothing is loaded. `file` is the name of the configuration. */
export const formatRolloverHtml = (plan: RolloverPlan, file: string): string => {
  const { server, trustpoint, fleet, windows, simulation, cure } = plan
  const span = spanOf(simulation)
  const around = aroundShadow(simulation, windows.shadowDay)
  const title = windows.refusedDays > 0 ? `Clients are refused for ${figure(windows.refusedDays)} days` : 'No client is refused'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head><body>
<h1>${title}</h1>
<p>PKI server ${escaped(server ?? '(no name)')}, clients with trustpoint ${escaped(trustpoint ?? '(no name)')}</p>
${listOf(windowLines({ timers: fleet.timers, windows, on: day => dayWords(day, plan) }))}
<h2>${figure(fleet.clients)} simulated clients</h2>
${listOf(outcomeLines(plan))}
<p class="key">GetNextCACert:${LAYERS.map(layer => `<i class="${layer}"></i>${{ served: 'served', refused: '404', unheard: 'not heard' }[layer]}`).join('')}</p>
${span ? chartOf('Questions', bucketsOf(simulation, { ...span, most: MOST_BARS })) : '<p>Nobody asks before the end of the CA certificate.</p>'}
${around ? chartOf('Around the shadow certificate', bucketsOf(simulation, { ...around, most: MOST_BARS })) : ''}
${cure ? `<h2>With auto-rollover ${cure.overlapDays}</h2>${listOf(outcomeLines({ fleet, simulation: cure.simulation }))}<p>On the server; ${RA_WORDS}</p><pre>${escaped(remedyLines(plan).join('\n'))}</pre>` : ''}
<h2>Settings</h2><table>${settingRows(plan, file)
    .map(row => `<tr>${row.map(cell => `<td>${escaped(cell)}</td>`).join('')}</tr>`)
    .join('')}</table>
</body></html>
`
}
