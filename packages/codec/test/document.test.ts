import {
  DocumentError,
  type DocumentNode,
  examineDocument,
  flag,
  formatTime,
  int,
  jsonSchemaOf,
  many,
  named,
  oneOf,
  optionalText,
  optionalTime,
  parseDistribution,
  parseTime,
  percent,
  requiredReading,
  section,
  text,
} from '@capfkit/codec/options'
import { readYaml } from '@capfkit/codec/yaml'
import fc from 'fast-check'
import t from 'tap'

/** A little of everything that a row can be. */
const KITCHEN = section({
  doc: 'A kitchen.',
  rows: {
    seats: int({ default: 4, min: 1, max: 10, unit: 'chairs', doc: 'How many.' }),
    open: flag({ default: true, doc: 'Open today.' }),
    phone: text({ default: '0', doc: 'Number to call.' }),
    owner: optionalText({ doc: 'Whose it is.' }),
    weights: named({
      doc: 'Who comes.',
      names: ['null', 'string', '8861'],
      item: int({ default: 1, min: 0, max: 100, doc: 'Weight.' }),
      short: requiredReading({
        doc: 'As text.',
        range: 'NAME=WEIGHT',
        read: words => Object.fromEntries([words.split('=')].map(([name, weight]) => [name, Number(weight)])),
      }),
    }),
    courses: many({
      doc: 'What there is, in order.',
      most: 3,
      item: section({
        doc: 'A course.',
        rows: {
          name: requiredReading({ doc: 'What it is called.', range: 'NAME', read: name => name }),
          takes: optionalTime({ doc: 'How long.', min: 1000, max: 60_000 }),
          rest: optionalTime({ doc: 'Afterwards.', min: 0, max: 60_000 }),
          kind: oneOf({ default: 'warm', values: ['warm', 'cold'], doc: 'How.' }),
        },
        rules: [
          {
            of: ['rest', 'takes'],
            wrong: (_, given) => (given.has('rest') && !given.has('takes') ? 'has a rest without takes' : undefined),
          },
        ],
      }),
    }),
    corner: section({
      doc: 'May be missing.',
      optional: true,
      rows: { shade: percent({ doc: 'Share.', written: '50%', min: 0, max: 1 }) },
    }),
  },
})

const read = (yaml: string) => examineDocument(KITCHEN, readYaml(yaml))
const told = (yaml: string) =>
  read(yaml).problems.map(({ line, column, path, code, sentence }) => `${line}:${column} ${code} [${path}] ${sentence}`)

t.test('what is not there has its default, and a section that may be missing is not there', async t => {
  const defaults = { seats: 4, open: true, phone: '0', owner: undefined, weights: {}, courses: [], corner: undefined }
  for (const empty of ['', '{}', '# nothing\n', '---\n']) {
    t.strictSame(read(empty).values, defaults, JSON.stringify(empty))
    t.strictSame(told(empty), [])
  }
})

t.test('everything that may stand there is read; text stays as it is written', async t => {
  const { values, problems } = read(`
seats: 10
open: false
phone: 0012
owner: null
weights: { null: 40, string: 20, 8861: 1 }
courses:
  - { name: soup, takes: 1m }
  - name: 12
    kind: cold
corner: { shade: 12.5% }
`)
  t.strictSame(problems, [])
  t.strictSame(values, {
    ...{ seats: 10, open: false, phone: '0012', owner: 'null', weights: { null: 40, string: 20, 8861: 1 } },
    courses: [
      { name: 'soup', takes: 60_000, rest: undefined, kind: 'warm' },
      { name: '12', takes: undefined, rest: undefined, kind: 'cold' },
    ],
    corner: { shade: 0.125 },
  })
  t.strictSame(read('weights: string=3').values.weights, { string: 3 }, 'a single value stands for the whole')
  t.strictSame(read('{"seats": 2, "corner": {}}').values.corner, { shade: 0.5 }, 'JSON is YAML')
})

t.test('every mistake is told with its line, its column and its path, and the rest is read', async t => {
  const yaml = `seats: 11
opne: true
owner:
weights:
  strin: 3
  null: many
courses:
  - takes: 30
  - name: soup
    takes: 10m
    kind: raw
  - name: rest
    rest: 5s
seats: 3
corner: [1]
`
  t.strictSame(
    told(yaml).sort(),
    [
      '1:1 CONFIG_OUT_OF_RANGE [seats] seats must be 1..10 chairs, got 11',
      '2:1 CONFIG_UNKNOWN [opne] opne is not known here; did you mean open?',
      '3:1 CONFIG_MISSING [owner] owner has no value',
      '5:3 CONFIG_UNKNOWN [weights.strin] weights.strin is not known here; did you mean string?',
      '6:3 CONFIG_WRONG_TYPE [weights.null] weights.null must be 0..100, got "many"',
      '8:5 CONFIG_MISSING [courses[0].name] courses[0].name is needed: What it is called',
      '8:5 CONFIG_OUT_OF_RANGE [courses[0].takes] courses[0].takes wants a time such as 250ms, 30s, 5m or 1h, got "30"',
      '10:5 CONFIG_OUT_OF_RANGE [courses[1].takes] courses[1].takes must be 1s..1m, got 10m',
      '11:5 CONFIG_OUT_OF_RANGE [courses[1].kind] courses[1].kind must be warm | cold, got "raw"',
      '13:5 CONFIG_CONTRADICTION [courses[2]] courses[2] has a rest without takes',
      '14:1 CONFIG_TWICE [seats] seats stands in line 1 already',
      '15:1 CONFIG_WRONG_TYPE [corner] corner must be names with values, got a list',
    ].sort(),
  )
  t.strictSame(read(yaml).values.phone, '0')
  t.notOk('seats' in read(yaml).values, 'what is wrong is left out')
})

t.test('a document of the wrong shape is told so', async t => {
  t.strictSame(told('[1, 2]'), ['1:1 CONFIG_WRONG_TYPE []  must be names with values, got a list'.replace('[]  ', '[] ')])
  t.strictSame(told('soup'), ['1:1 CONFIG_WRONG_TYPE [] must be names with values, got "soup"'])
  t.match(told('courses: {}'), [/courses must be a list, got names with values/])
  t.match(told('courses: [{name: a}, {name: b}, {name: c}, {name: d}]'), [/courses must be at most 3, got 4/])
  t.match(told('seats: { a: 1 }'), [/seats must be 1..10 chairs, got \{"a":1\}/])
  t.match(told('wholly-new: 1'), [/wholly-new is not known here; known are seats, open/])
})

t.test('what is no YAML is told with every place, and what has no end is not read to its end', async t => {
  const refused = (yaml: string, sentence: RegExp) => {
    try {
      readYaml(yaml)
      t.fail(yaml)
    } catch (error) {
      t.ok(error instanceof DocumentError, yaml.slice(0, 40))
      t.match(error, { code: 'CONFIG_SYNTAX', message: sentence })
    }
  }
  refused('a: [1, 2\nb: "x', /^\d+:\d+: .*\(CONFIG_SYNTAX\)/)
  refused('a: 1\n---\nb: 2', /CONFIG_SYNTAX/)
  refused('a: *nothing', /^1:4: .*nothing/)
  refused('a: &a [*a]', /CONFIG_SYNTAX/)
  refused(`${'['.repeat(100)}${']'.repeat(100)}`, /is deeper than 32 levels/)
  refused('? [a, b]\n: 1', /a name must be a single word/)
  const rows = ['a: &a [1]', ...[...'bcdefgh'].map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]}, `.repeat(10)}]`)]
  refused(rows.join('\n'), /has more than 100000 values/)
})

t.test('an alias says what it stands for, and is wrong where it is used', async t => {
  t.strictSame(
    read('courses: [&soup { name: soup }, *soup]').values.courses?.map(({ name }) => name),
    ['soup', 'soup'],
  )
  t.match(told('weights: { null: &many 1000 }\nseats: *many'), [/^2:1 .*seats must be/, /^1:12 .*weights\.null must be/])
})

t.test('names that every object has are no keys', async t => {
  for (const name of ['__proto__', 'constructor', 'toString']) t.match(told(`${name}: 1`), [/is not known here/], name)
})

t.test('times and distributions are read with their units', async t => {
  for (const [written, ms] of [
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ] as const)
    t.equal(parseTime(written), ms)
  for (const bad of ['30', '5 s', 's', '-1s', '1e3s', '']) t.throws(() => parseTime(bad), RangeError, bad)
  fc.assert(fc.property(fc.nat(1e12), ms => parseTime(formatTime(ms)) === ms))
  t.strictSame(parseDistribution('2s'), { kind: 'fixed', ms: 2000 })
  t.strictSame(parseDistribution('normal(2s, 500ms)'), { kind: 'normal', meanMs: 2000, deviationMs: 500 })
  t.strictSame(parseDistribution('uniform(1s,2s)'), { kind: 'uniform', fromMs: 1000, toMs: 2000 })
  t.strictSame(parseDistribution('lognormal(1s, 0.5)'), { kind: 'lognormal', medianMs: 1000, sigma: 0.5 })
  t.strictSame(parseDistribution('exponential(1s)'), { kind: 'exponential', meanMs: 1000 })
  for (const bad of ['normal(2s)', 'gamma(1s, 2s)', 'uniform(2s, 1s)', 'lognormal(1s, 1s)', 'constructor(1s)', 'normal(1s, 2s'])
    t.throws(() => parseDistribution(bad), RangeError, bad)
})

t.test('the JSON Schema says what the rows say', async t => {
  const schema = jsonSchemaOf(KITCHEN, { id: 'https://example.org/kitchen', title: 'Kitchen' })
  t.match(schema, {
    ...{ $id: 'https://example.org/kitchen', type: 'object', additionalProperties: false },
    properties: {
      seats: { type: 'integer', minimum: 1, maximum: 10, default: 4, description: 'How many.' },
      weights: { anyOf: [{ type: 'string' }, { type: 'object', properties: { null: { type: 'integer' } } }] },
      courses: { type: 'array', maxItems: 3, items: { required: ['name'], properties: { kind: { enum: ['warm', 'cold'] } } } },
    },
  })
})

t.test('whatever the tree, reading ends and every mistake has a place in it', async t => {
  const place = { line: fc.integer({ min: 1, max: 99 }), column: fc.integer({ min: 1, max: 99 }) }
  const { node } = fc.letrec<{ node: DocumentNode }>(tie => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.record({ ...place, kind: fc.constant('scalar' as const), value: fc.jsonValue(), written: fc.string() }),
      fc.record({ ...place, kind: fc.constant('list' as const), items: fc.array(tie('node'), { maxLength: 4 }) }),
      fc.record({
        ...place,
        kind: fc.constant('map' as const),
        entries: fc.array(
          fc.record({ ...place, key: fc.constantFrom(...Object.keys(KITCHEN.rows), 'name', 'takes', 'x'), value: tie('node') }),
          { maxLength: 6 },
        ),
      }),
    ),
  }))
  const holds = () =>
    fc.assert(
      fc.property(node, tree => {
        const { values, problems } = examineDocument(KITCHEN, tree)
        return problems.every(({ line, column }) => line >= 1 && column >= 1) && (problems.length > 0 || 'seats' in values)
      }),
    )
  t.doesNotThrow(holds)
})
