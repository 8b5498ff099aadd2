import { escaped } from '@capfkit/codec/markup'
import type { DiagnosedSource, Diagnosis, EvidenceLine, Finding } from '../diagnose.ts'
import { formatOffset } from '../moment.ts'

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
section, details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; padding: .5rem 1rem; margin: 1rem 0 }
h2 { font-size: 1.1rem; margin: .3rem 0 } .error { color: #c62828 } .warning { color: #b26a00 } .info { color: #1565c0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; margin: .3rem 0 } .place, small { opacity: .7 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
`

const lineOf = ({ file, line, text }: EvidenceLine, at?: string) =>
  `<span class="place">${escaped(at === undefined ? '' : `${at}  `)}${escaped(file)}:${line}</span>  ${escaped(text)}`

/** Commands stand between backquotes in the words of findings. */
const worded = (text: string) => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

const findingOf = ({ name, severity, device, at, evidence, explanation, cure, collectNext, isUnsure }: Finding) => `<section>
<h2><span class="${severity}">${severity}</span> ${escaped(name)}${device === undefined ? '' : ` · ${escaped(device)}`}${at === undefined ? '' : ` <small>${escaped(at)}</small>`}</h2>
${isUnsure ? '<p><em>The likeliest of several causes.</em></p>' : ''}<p>${worded(explanation)}</p>
<pre>${evidence.map(line => lineOf(line)).join('\n')}</pre>
<p><strong>Cure:</strong> ${worded(cure)}</p>
<p><strong>Collect next:</strong></p><ul>${collectNext.map(what => `<li>${worded(what)}</li>`).join('')}</ul>
</section>`

const sourceOf = ({ file, kind, offsetMs, lines, leftOut }: DiagnosedSource) =>
  `<tr><td>${escaped(file)}</td><td>${escaped(kind)}</td><td>${lines}</td><td>${offsetMs === undefined ? '–' : formatOffset(offsetMs)}</td><td>${leftOut
    .map(({ why, count, line }) =>
      escaped(`${why}${count > 1 ? ` (${count})` : ''}${line === undefined ? '' : `, from line ${line}`}`),
    )
    .join('<br>')}</td></tr>`

/** One page with everything in it: no script, nothing is loaded, and what stands in logs stays text. */
export const formatHtml = ({ sources, findings, timelines, leftOut }: Diagnosis): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Diagnosis</title><style>${STYLE}</style></head><body>
<h1>${findings.length === 0 ? 'Nothing was found' : `${findings.length} finding${findings.length === 1 ? '' : 's'}`}</h1>
${leftOut.findings > 0 ? `<p>${leftOut.findings} more, of the same names, are left out.</p>` : ''}
${findings.map(findingOf).join('\n')}
${timelines
  .map(
    ({ device, entries }) =>
      `<details><summary>${escaped(device)}: ${entries.length} lines</summary><pre>${entries.map(entry => lineOf(entry, entry.at)).join('\n')}</pre></details>`,
  )
  .join('\n')}
<section><h2>Sources</h2><table><tr><th>file</th><th>kind</th><th>lines</th><th>clock ahead</th><th>left out</th></tr>
${sources.map(sourceOf).join('\n')}</table></section>
</body></html>
`
