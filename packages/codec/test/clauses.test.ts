import { readdirSync, readFileSync } from 'node:fs'
import { ELEMENT_NAMES, ELEMENTS, NAMED_VALUES } from '@capfkit/codec/capf'
import t from 'tap'

const PAGES = ['CAPF', 'TVS'] as const

/** A page and its clauses with their texts, by number. */
const readPage = (name: (typeof PAGES)[number]) => {
  const page = readFileSync(new URL(`../../../docs/protocol/${name.toLowerCase()}.md`, import.meta.url), 'utf8')
  const parts = page.split(/^#{2,3} (?=\d)/m).slice(1)
  return { page, clauses: new Map(parts.map(part => [/^\d+(?:\.\d+)?/.exec(part)![0], part])) }
}

const { page, clauses } = readPage('CAPF')

const sources = [new URL('../src/', import.meta.url), import.meta.url.replace(/[^/]*$/, '')].flatMap(folder =>
  readdirSync(new URL(folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => ({ file, text: readFileSync(new URL(file, folder), 'utf8') })),
)

for (const name of PAGES) {
  const { clauses } = readPage(name)

  t.test(`every clause of ${name} that the codec cites is in the protocol document`, async t => {
    const cited = sources.flatMap(({ file, text }) =>
      [...text.matchAll(new RegExp(`\\[${name}-(\\d+(?:\\.\\d+)?)\\]`, 'g'))].map(([, number]) => ({ file, number })),
    )
    t.ok(cited.length > 5, 'clauses are cited at all')
    for (const { file, number } of cited) t.ok(clauses.has(number!), `${file} cites ${number}`)
  })

  t.test(`every clause of ${name} says where it comes from and how certain it is, or has parts that do`, async t => {
    for (const [number, text] of clauses) {
      const parts = [...clauses.keys()].filter(other => other.startsWith(`${number}.`))
      if (parts.length === 0) t.match(text, /^Source: [\s\S]*Certainty: /m, `clause ${number}`)
    }
  })
}

t.test('the clauses about values name every value that the tables name', async t => {
  const rows = clauses.get('2.2')!
  for (const name of ELEMENT_NAMES)
    for (const number of Object.values(NAMED_VALUES[name] ?? {}))
      t.match(rows, new RegExp(`^\\| ${name} \\|.*\\b${number} `, 'm'), `${name} ${number}`)
})

t.test('what is our own definition is called ours', async t => {
  for (const name of ELEMENT_NAMES)
    if ('ours' in ELEMENTS[name]) t.match(clauses.get('2.2'), new RegExp(`${name}[^.]* \\*ours\\*`), name)
  for (const number of ['3.6', '3.7']) t.match(clauses.get(number), /Certainty: \*ours\*/, `clause ${number}`)
})

t.test('the tables have their place in the page', async t => {
  for (const table of ['messages', 'elements', 'transitions', 'statuses'])
    t.match(page, new RegExp(`<!-- generated: ${table} -->\\n(?:[^]*?)<!-- /generated -->`), table)
})
