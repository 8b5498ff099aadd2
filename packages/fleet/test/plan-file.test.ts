import { DocumentError } from '@capfkit/codec/options'
import t from 'tap'
import { readPlan } from '../src/plan/read-plan.ts'

/** What is wrong, `LINE PATH CODE`, and the sentences. */
const mistakesOf = (text: string, first = {}) => {
  try {
    readPlan(text, { first })
    return { places: [], sentences: [] }
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    return {
      places: error.problems.map(({ line, path, code }) => `${line} ${path} ${code.replace('CONFIG_', '')}`),
      sentences: error.problems.map(({ sentence }) => sentence),
    }
  }
}

const FULL = `
title: Everything that a plan can say
embedded: true
phones: 200
seed: 7
auth: { null: 40, string: 20, lsc: 20, mic: 20 }
key: rsa:2048=3,ec:p256=1
models:
  8861: { weight: 3, keyGeneration: 'normal(2s, 500ms)' }
  7821: { think: 'uniform(1s, 2s)' }
  7960: 2
retryIntervalMs: 500
phases:
  - operations: install
    arrivals: { rate: 50, to: 100/s, for: 30s, spacing: poisson }
    maxInFlight: 500
  - name: storm
    operations: { upgrade: 9, install: 1, delete: 2 }
    share: 12.5%
    phones: SEP02*
    order: random
    arrivals: { burst: 0s }
    after: 5s
  - devices: again
    arrivals: { concurrency: 8, for: 1m }
  - name: all
thresholds:
  - p99 < 500ms
  - that: failed(server) <= 1%
    over: 10s
    abort: true
    after: 1m
`

t.test('everything that a plan can say is read', async t => {
  const { title, options, plan } = readPlan(FULL)
  t.equal(title, 'Everything that a plan can say')
  t.strictSame(options, {
    ...{ embedded: true, phones: 200, seed: 7, retryIntervalMs: 500 },
    auth: 'null=40,string=20,lsc=20,mic=20',
    key: 'rsa:2048=3,ec:p256=1',
    models: '7821=1,7960=2,8861=3',
    threshold: ['p99 < 500ms', 'failed(server) <= 1% over 10s abort after 1m'],
  })
  t.strictSame(plan.models, {
    8861: { keyGeneration: { kind: 'normal', meanMs: 2000, deviationMs: 500 }, think: undefined },
    7821: { keyGeneration: undefined, think: { kind: 'uniform', fromMs: 1000, toMs: 2000 } },
  })
  const rest = { share: 1, phones: undefined, devices: 'once', order: 'sequential', maxInFlight: undefined, afterMs: 0 }
  const weights = [{ name: 'install', weight: 1 }]
  const install = { operations: weights, words: weights }
  t.strictSame(plan.phases, [
    {
      ...{ ...rest, name: 'install', ...install, maxInFlight: 500 },
      arrivals: { kind: 'rate', fromPerSecond: 50, toPerSecond: 100, forMs: 30_000, spacing: 'poisson' },
    },
    {
      ...{ ...rest, name: 'storm', share: 0.125, phones: 'SEP02*', order: 'random', afterMs: 5000 },
      operations: [
        { name: 'install', weight: 10 },
        { name: 'delete', weight: 2 },
      ],
      words: [
        { name: 'upgrade', weight: 9 },
        { name: 'install', weight: 1 },
        { name: 'delete', weight: 2 },
      ],
      arrivals: { kind: 'burst', withinMs: 0 },
    },
    {
      ...{ ...rest, name: 'install', ...install, devices: 'again' },
      arrivals: { kind: 'concurrency', sessions: 8, forMs: 60_000 },
    },
    { ...rest, name: 'all', ...install, arrivals: { kind: 'concurrency', sessions: 32 } },
  ])
})

t.test('a plan without phases leaves them to its options, and an empty one is one of defaults', async t => {
  t.strictSame(readPlan('rate: 50\nrounds: install,delete:30%'), {
    title: undefined,
    options: { rate: 50, rounds: 'install,delete:30%' },
    plan: { models: {} },
  })
  t.strictSame(readPlan(''), { title: undefined, options: {}, plan: { models: {} } })
})

const TEN = `seed: -1
phnoes: 100
auth: { null: 1, kerberos: 2 }
key: rsa:2047
server: 127.0.0.1:70000
phases:
  - name: first
    arrivals: { rate: 50, burst: 10s }
  - share: 130%
    arrivals:
      concurrency: 0
  - devices: again
    operations: { install: 0 }
models: { 8861: { keyGeneration: normal(2s) } }
thresholds:
  - p98 < 500ms
`

t.test('a plan with a dozen mistakes names all of them with their lines', async t => {
  const { places, sentences } = mistakesOf(TEN)
  t.strictSame(places, [
    '1 seed OUT_OF_RANGE',
    '2 phnoes UNKNOWN',
    '3 auth.kerberos UNKNOWN',
    '4 key OUT_OF_RANGE',
    '5 server OUT_OF_RANGE',
    '8 phases[0].arrivals CONTRADICTION',
    '9 phases[1].share OUT_OF_RANGE',
    '11 phases[1].arrivals.concurrency OUT_OF_RANGE',
    '12 phases[2] CONTRADICTION',
    '13 phases[2].operations CONTRADICTION',
    '14 models.8861.keyGeneration OUT_OF_RANGE',
    '16 thresholds[0] OUT_OF_RANGE',
  ])
  t.match(sentences, [
    'seed must be 0..2147483647, got -1',
    'phnoes is not known here; did you mean phones?',
    'auth.kerberos is not known here; known are null, string, lsc, mic',
    /^key knows rsa:512, .* got "rsa:2047"$/,
    'server must name a port of 1..65535, got "127.0.0.1:70000"',
    'phases[0].arrivals wants one of concurrency, rate, burst, got rate and burst',
    /share must be 0.0001%..100%, got 130%/,
    'phases[1].arrivals.concurrency must be 1..1000000 sessions, got 0',
    'phases[2] has devices that come again, and arrivals without an end: give arrivals.for',
    'phases[2].operations needs at least one weight above 0',
    /keyGeneration wants TIME \| uniform/,
    /thresholds\[0\] has no metric p98; did you mean p9/,
  ])
})

t.test('two phases of one name are a mistake of the second, beside whatever else is wrong', async t => {
  const { places, sentences } = mistakesOf(`phases:
  - name: storm
  - name: rest
    share: 0%
  - { share: 50%, name: storm }
  - operations: delete
  - name: "storm"
  - operations: delete
`)
  t.strictSame(places, ['4 phases[1].share OUT_OF_RANGE', '5 phases[2].name TWICE', '7 phases[4].name TWICE'])
  t.strictSame(sentences.slice(1), [
    'phases[2].name is "storm", as in line 2 already',
    'phases[4].name is "storm", as in line 2 already',
  ])
  t.strictSame(mistakesOf('phases: [{ name: Storm }, { name: storm }, {}, {}]').sentences, [], 'phases may have none')
})

t.test('what does not go together is told where it stands', async t => {
  const told = (text: string) => mistakesOf(text).sentences
  t.match(told('phases: [{ arrivals: {} }]'), [/wants one of concurrency, rate, burst, got none/])
  t.match(told('phases: [{ arrivals: { burst: 1s, for: 2s } }]'), [/has for, which a burst cannot have/])
  t.match(told('phases: [{ arrivals: { concurrency: 1, to: 5 } }]'), [/has to, which belongs to a rate/])
  t.match(told('phases: [{ arrivals: { rate: 0 } }]'), [/a rate of 0 all the time/])
  t.strictSame(told('phases: [{ arrivals: { rate: 0, to: 10, for: 1s } }]'), [])
  t.match(told('phases: [{ devices: again, arrivals: { burst: 1s } }]'), [/a burst has each of them once/])
  t.match(told('rate: 5\nphases: [{}]'), [/^rate and phases exclude each other/])
  t.match(told('embedded: true\nserver: 127.0.0.1:1'), ['server and embedded exclude each other'])
  t.match(told('thresholds: [{ that: p99 < 1s, after: 5s }]'), [/after, which belongs to abort/])
  t.match(told('models: { 8861: 0 }'), [/models needs at least one weight above 0/])
})

t.test('flags go before the plan, and take the place of what they exclude', async t => {
  const plan = 'embedded: true\nphones: 10\nseed: 3\n'
  t.strictSame(readPlan(plan, { first: { seed: 9 } }).options, { embedded: true, phones: 10, seed: 9 })
  t.strictSame(readPlan(plan, { first: { server: '127.0.0.1:1', capfCertificate: 'c.pem' } }).options, {
    ...{ phones: 10, seed: 3, server: '127.0.0.1:1', capfCertificate: 'c.pem' },
  })
  t.match(mistakesOf('phases: [{}]', { rate: 5 }), {
    places: ['1 phases CONTRADICTION'],
    sentences: ['phases say when sessions start: leave rate out, or the phases'],
  })
  t.match(readPlan('rate: 5', { first: { rate: 6 } }).options, { rate: 6 })
})

t.test('faults and networks are read as the options take them', async t => {
  const { options } = readPlan(`
groups:
  - { latencyMs: 150, resetPerWrite: 1%, phones: SEP02*, share: 20% }
  - latencyMs=20; share=50%
faults:
  - reset: { at: KEY_GENERATE_RESPONSE, when: after }
    phones: SEP02*
    probability: 12.5%
  - go-silent: {}
    next: 3
    phase: storm
  - stall:ms=100; every=10
`)
  t.strictSame(options, {
    network: ['latencyMs=150,resetPerWrite=1%; phones=SEP02*; share=20%', 'latencyMs=20; share=50%'],
    fault: [
      'reset:at=KEY_GENERATE_RESPONSE,when=after; phones=SEP02*; probability=12.5%',
      'go-silent; phase=storm; next=3',
      'stall:ms=100; every=10',
    ],
  })
  const { places, sentences } = mistakesOf(`groups:
  - { latencyMs: -1, jiter: 5 }
faults:
  - { reset: { at: NOWHERE }, every: 2, next: 3 }
  - { rest: {} }
  - explode
  - { reset: {}, stall: {} }
`)
  t.strictSame(places, [
    '2 groups[0].latencyMs OUT_OF_RANGE',
    '2 groups[0].jiter UNKNOWN',
    '4 faults[0].reset.at OUT_OF_RANGE',
    '4 faults[0] CONTRADICTION',
    '5 faults[1].rest UNKNOWN',
    '6 faults[2] OUT_OF_RANGE',
    '7 faults[3] CONTRADICTION',
  ])
  t.match(sentences.join('\n'), /rest is not known here; did you mean reset\?/)
  t.match(sentences.join('\n'), /faults\[2\] is wrong: fault knows .* got "explode"/)
  t.match(sentences.join('\n'), /faults\[3\] has reset and stall|faults\[3\] has stall and reset/)
})
