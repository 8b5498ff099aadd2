import { MESSAGES, type MessageName } from '@capfkit/codec/capf'
import t from 'tap'
import { MODELS, MOMENTS, PHASES, PHONE_ERRORS, PHONE_OPTIONS, Phone, phoneOptions, RULES } from '../src/index.ts'

t.test('every message that a server can send and whose payload is known has a rule', async t => {
  for (const [name, { from, payload }] of Object.entries(MESSAGES) as [MessageName, { from: string; payload?: string }][]) {
    const expected = from === 'server' && payload !== 'unknown'
    t.equal(name in RULES, expected || name === 'END_SESSION', name)
  }
})

t.test('every moment but the making of a key has something that is awaited', async t => {
  for (const moment of Object.keys(MOMENTS)) {
    const awaited = Object.values(RULES).filter(
      rule => rule.during.length < 4 && (rule.during as readonly string[]).includes(moment),
    )
    t.equal(awaited.length > 0, moment !== 'key', moment)
  }
})

t.test('every error has a sentence, a cure and a side; every phase says who it waits for', async t => {
  for (const [code, { sentence, todo, side }] of Object.entries(PHONE_ERRORS)) {
    t.match(code, /^PHONE_[A-Z_]+$/)
    t.ok(sentence && todo && side)
  }
  for (const { doc, waitsFor } of Object.values(PHASES)) t.ok(doc && waitsFor)
})

t.test('options have defaults of real phones, are checked once, and unsafe ones say so', async t => {
  const defaults = phoneOptions()
  t.match(defaults, { retries: 3, retryIntervalMs: 30_000, honourRetryLater: false, legacyTls: false })
  t.equal(phoneOptions(defaults), defaults)
  t.ok(PHONE_OPTIONS.legacyTls.unsafe)
  t.throws(() => phoneOptions({ retries: -1 }), { code: 'CONFIG_OUT_OF_RANGE', message: /retries must be 0\.\.1000/ })
  t.throws(() => phoneOptions({ retry: 1 } as object), { code: 'CONFIG_UNKNOWN' })
})

t.test('a phone refuses a name that is none', async t => {
  const init = { authMode: 'null', trusted: [], makeKey: () => Promise.reject(new Error('unused')) } as const
  t.throws(() => new Phone({ ...init, deviceName: 'no such name' }), {
    code: 'CONFIG_OUT_OF_RANGE',
    message: /deviceName must be a CUCM device name/,
  })
  t.throws(() => new Phone({ ...init, deviceName: 'X', model: '9999' as never }), { message: /model must be 7811 \| .*got "9999"/ })
  t.equal(new Phone({ ...init, deviceName: 'SEP001122334455' }).deviceName, 'SEP001122334455')
  for (const model of Object.keys(MODELS)) t.ok(new Phone({ ...init, deviceName: 'X', model: model as keyof typeof MODELS }))
})
