import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'
import { FILLED_PAGES } from '../docs/filled-pages.ts'
import { fill, table } from '../docs/markdown.ts'
import { citedClauses, namedCodes, relativeLinks } from '../docs/references.ts'
import { checkDocs, madePages } from '../docs.ts'
import { ROOT } from '../workspace.ts'

t.test('the pages of this project are what the tables say, and name only what is there', async t =>
  t.strictSame(await checkDocs(ROOT), []),
)

/** Pages with places for their tables, and nothing in them that is as it should be. */
const emptyPages = (folder: string): Record<string, string> =>
  Object.fromEntries(
    FILLED_PAGES.filter(({ path }) => dirname(path) === folder).map(({ path, tables }) => {
      const places = Object.keys(tables()).map(name => `<!-- generated: ${name} -->\nold\n<!-- /generated -->\n`)
      return [basename(path), places.join('\n')]
    }),
  )

t.test('a page that would change is named, and is in order once it is written', async t => {
  const root = t.testdir({ docs: { ...emptyPages('docs'), protocol: emptyPages('docs/protocol') }, schemas: {} })
  const sentences = await checkDocs(root)
  const made = FILLED_PAGES.flatMap(({ path, tables }) => (Object.keys(tables()).length > 0 ? [path] : []))
  for (const page of ['docs/errors.md', 'docs/config.md', 'docs/commands.md', 'docs/plan.md', 'schemas/plan.schema.json', ...made])
    t.ok(sentences.includes(`${page}: is not what the tables say; run pnpm run docs`), page)

  for (const [path, text] of Object.entries(await madePages(root))) writeFileSync(join(root, path), text)
  const left = await checkDocs(root)
  t.notMatch(left.join('\n'), /is not what the tables say/)
})

t.test('a table without a place in the page is refused', async t => {
  t.throws(() => fill('nothing here', { messages: 'x' }), /no place for "messages"/)
  t.throws(() => fill('<!-- generated: messages -->', { messages: 'x' }), /no place for "messages"/)
})

t.test('a cell cannot end its row', async t => {
  t.equal(table(['a'], [['x | y\nz <m>']]), '| a |\n| --- |\n| x \\| y z &lt;m> |')
})

t.test('a cited clause that is not there is named with its line', async t => {
  const files = [{ path: 'packages/x/src/a.ts', text: '/** [CAPF-1.1]\n * [CAPF-9.9], [OTHER-9.9] */' }]
  t.match(citedClauses(files, { CAPF: { path: 'docs/capf.md', text: '## 1. One\n### 1.1 First\n' } }), [
    { line: 2, sentence: '[CAPF-9.9] is no clause of docs/capf.md' },
  ])
})

t.test('a code in a page must be one', async t => {
  const known = { codes: new Set(['PKI_BAD_DER']), others: new Set(['PKI_ERRORS']) }
  const files = [{ path: 'README.md', text: 'PKI_BAD_DER of PKI_ERRORS\nPKI_BAD_LUCK\nOTHER_THING and `MY-PKI_X`' }]
  t.match(namedCodes(files, known), [{ path: 'README.md', line: 2, sentence: /^PKI_BAD_LUCK is no code/ }])
})

t.test('a link must lead to a file', async t => {
  const root = t.testdir({ docs: {} })
  mkdirSync(join(root, 'docs/protocol'))
  const files = [{ path: 'docs/a.md', text: '[x](b.md#part) [y](#part) [z](https://example.org/)\n[w](../README.md)' }]
  t.match(
    relativeLinks(files, path => path === 'docs/b.md'),
    [],
  )
  t.match(
    relativeLinks(files, path => path === 'README.md'),
    [{ line: 1, sentence: /b\.md leads nowhere/ }],
  )
})
