import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { checkLayers } from '../check-layers.ts'
import { ROOT } from '../workspace.ts'

const entries = (folder: string) => ({ exports: { [folder]: `./src/${folder.slice(2)}.ts` } })
const manifest = (fields: object) => JSON.stringify({ name: '@capfkit/x', private: true, ...fields })

/** A small house that is in order. */
const GOOD = {
  'package.json': manifest({ devDependencies: { tap: '1' } }),
  'docs/dependencies.md': '| `tap` | tests |\n| `zod` | options |\n',
  'packages/codec/package.json': manifest({ dependencies: { zod: '1' } }),
  'packages/codec/src/options/rows.ts': "import { z } from 'zod'\nexport const rows = z\n",
  'packages/phone/package.json': manifest({ dependencies: { '@capfkit/codec': 'workspace:*' } }),
  'packages/phone/src/index.ts': "import { readFileSync } from 'node:fs'\nexport { x } from '@capfkit/codec/capf'\n",
  'packages/phone/test/phone.test.ts': "import t from 'tap'\nimport { x } from '@capfkit/codec/capf'\nimport '../src/index.ts'\n",
}

/** What is found in the good house after these files came in. */
const found = (t: Test, files: Readonly<Record<string, string>>): string[] => {
  const root = t.testdir({})
  for (const [path, text] of Object.entries({ ...GOOD, ...files })) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return checkLayers(root).map(({ path, line, sentence, isWarning }) =>
    [isWarning ? 'warning ' : '', path, line === undefined ? '' : `:${line}`, ': ', sentence].join(''),
  )
}

t.test('a house in order has no findings', async t => t.strictSame(found(t, {}), []))

t.test('this house is in order', async t =>
  t.strictSame(
    checkLayers(ROOT).filter(({ isWarning }) => !isWarning),
    [],
  ),
)

/** One bad file each, and what must be said of it. */
const BAD: readonly { claim: string; files: Readonly<Record<string, string>>; says: readonly RegExp[] }[] = [
  {
    claim: 'parties do not import each other',
    files: { 'packages/phone/src/a.ts': "// one\n\nimport {\n  x,\n} from '@capfkit/server'\n" },
    says: [
      /^packages\/phone\/src\/a\.ts:5: phone \(floor 2\) must not import server \(floor 2\)/,
      /@capfkit\/server is no dependency/,
    ],
  },
  {
    claim: 'tests do not import upwards either',
    files: { 'packages/phone/test/a.ts': "const { x } = await import('@capfkit/cli')\n" },
    says: [/a\.ts:1: phone \(floor 2\) must not import cli/],
  },
  {
    claim: 'dependencies do not lead upwards',
    files: { 'packages/codec/package.json': manifest({ dependencies: { zod: '1', '@capfkit/pki': '1' } }) },
    says: [/codec \(floor 0\) must not import pki/, /@capfkit\/pki is a dependency that nothing here imports/],
  },
  {
    claim: 'every package has a floor',
    files: { 'packages/attic/src/a.ts': "export * from '@capfkit/codec/capf'\n" },
    says: [/attic has no floor/],
  },
  {
    claim: 'a relative import stays in its package',
    files: { 'packages/phone/src/a.ts': "import '../../codec/src/options/rows.ts'\n" },
    says: [/a\.ts:1: \.\.\/\.\.\/codec\/src\/options\/rows\.ts leaves the package/],
  },
  {
    claim: 'a file of a library that is read is an import of it',
    files: { 'packages/phone/src/a.ts': "const url = import.meta.resolve('uplot/dist/uPlot.min.css')\n" },
    says: [
      /a\.ts:1: uplot is imported in packages\/fleet\/src\/report and packages\/fleet-ui\/page only/,
      /uplot is no dependency/,
    ],
  },
  {
    claim: 'a library has one door',
    files: {
      'packages/phone/package.json': manifest({ dependencies: { '@capfkit/codec': '1', zod: '1' } }),
      'packages/phone/src/a.ts': "import type { z } from 'zod'\n",
    },
    says: [/a\.ts:1: zod is imported in packages\/codec\/src\/options only/],
  },
  {
    claim: 'a library without a door is not imported',
    files: { 'packages/phone/src/a.ts': "import x from '@some/library/part'\n" },
    says: [/@some\/library has no door/, /@some\/library is no dependency in packages\/phone\/package\.json/],
  },
  {
    claim: 'test libraries are for tests',
    files: { 'packages/phone/src/a.ts': "import t from 'tap'\n" },
    says: [/tap is for tests only/],
  },
  {
    claim: 'names say what is inside',
    files: { 'packages/phone/src/utils.ts': '', 'packages/codec/src/common/x.ts': '', 'scripts/helpers.test.ts': '' },
    says: [/"utils\.ts" says nothing/, /"common" says nothing/, /"helpers\.test\.ts" says nothing/],
  },
  {
    claim: 'long files are warned of, very long ones refused, reasoned ones taken',
    files: {
      'packages/phone/src/a.ts': '\n'.repeat(301),
      'packages/phone/src/b.ts': '\n'.repeat(501),
      'packages/phone/src/c.ts': `// Long because it is a table.\n${'\n'.repeat(600)}`,
    },
    says: [/^warning packages\/phone\/src\/a\.ts: 301 lines/, /^packages\/phone\/src\/b\.ts: 501 lines/],
  },
  {
    claim: 'dependencies and their page agree',
    files: { 'docs/dependencies.md': '| `tap` | tests |\n| `gone` | once |\n' },
    says: [/zod has no row in docs\/dependencies\.md/, /gone is no dependency of any package/],
  },
  {
    claim: 'what is published has the entries of the checkout',
    files: {
      'packages/pki/package.json': JSON.stringify({
        ...entries('./a'),
        publishConfig: { exports: { './a': { types: './dist/a.d.ts', default: './dist/b.js' } } },
      }),
    },
    says: [/packages\/pki\/package\.json: publishConfig\.exports must be .*"default":"\.\/dist\/a\.js"/],
  },
  {
    claim: 'nothing of a machine, a network or a desk stays in',
    files: {
      'README.md': 'see /home/someone/notes\nsaid by Claude\nfrom registry.npmjs.org\nTODO later\nTODO(#7) later\na /workload/\n',
    },
    says: [/README\.md:1: a path/, /README\.md:2: a word/, /README\.md:3: a registry/, /README\.md:4: a plan/],
  },
]

for (const { claim, files, says } of BAD)
  t.test(claim, async t => {
    const findings = found(t, files)
    t.equal(findings.length, says.length, findings.join('\n'))
    for (const sentence of says)
      t.ok(
        findings.some(finding => sentence.test(finding)),
        `${sentence}`,
      )
  })
