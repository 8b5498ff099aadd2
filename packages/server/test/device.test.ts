import { parseOptions } from '@capfkit/codec/options'
import fc from 'fast-check'
import t from 'tap'
import {
  AUTH_MODES,
  EC_SIZES,
  formatCompletesBy,
  KEY_ORDERS,
  newDevice,
  OPERATIONS,
  parseCompletesBy,
  RSA_SIZES,
} from '../src/device.ts'
import { SERVER_ERRORS, ServerError, type ServerErrorCode } from '../src/errors.ts'
import { SERVER_OPTIONS } from '../src/options.ts'

const numbers = (table: Readonly<Record<string, { number: number }>>) =>
  Object.entries(table).map(([name, { number }]) => `${number} ${name}`)

// [CAPF-7.3]
t.test('the words of a row have the numbers of CUCM', async t => {
  t.strictSame(numbers(OPERATIONS), ['1 none', '2 install', '3 delete', '4 troubleshoot'])
  t.strictSame(numbers(AUTH_MODES), ['1 string', '2 null', '3 lsc', '4 mic'])
  t.strictSame(numbers(KEY_ORDERS), ['1 rsa', '2 ec', '3 ec-preferred'])
  t.strictSame(RSA_SIZES, { 512: 1, 1024: 2, 2048: 3, 3072: 4, 4096: 5 })
  t.strictSame(EC_SIZES, { 256: 'secp256r1', 384: 'secp384r1', 521: 'secp521r1' })
  t.match(newDevice({ name: 'SEP1' }), { operation: 'none', status: 1 })
  t.match(newDevice({ name: 'SEP1', operation: 'delete', status: 7 }), { status: 7 }, 'what is given is taken')
})

t.test('Operation Completes By is read in the forms that people and CUCM write, and nothing else is', async t => {
  t.equal(parseCompletesBy('2026:12:24:18'), '2026:12:24:18:00')
  t.equal(parseCompletesBy('2026:12:24:18:30'), '2026:12:24:18:30')
  t.equal(parseCompletesBy('2026-12-24T18:30'), '2026:12:24:18:30')
  t.equal(parseCompletesBy('2026-12-24T18:30:59.999'), '2026:12:24:18:30')
  t.equal(parseCompletesBy('2028:02:29:00'), '2028:02:29:00:00', 'a leap day')
  const wrong = [
    '',
    'soon',
    '2026',
    '2026:12:24',
    '2026:13:01:00',
    '2026:00:01:00',
    '2026:02:29:00',
    '2026:12:24:24',
    '2026:12:24:18:60',
  ]
  for (const words of [
    ...wrong,
    '2026:1:1:1',
    '2026:12:24:18:00:00',
    '2026-12-24',
    '2026-13-01T00:00',
    '2026-02-29T00:00',
    '2026-04-31T12:00:00Z',
    ' 2026:12:24:18',
  ])
    t.equal(parseCompletesBy(words), undefined, JSON.stringify(words))
})

t.test('Operation Completes By is compared as text: later is greater, and what is written can be read', async t => {
  const time = fc.date({ min: new Date(2000, 0, 1), max: new Date(2100, 0, 1), noInvalidDate: true })
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [first, second] = [formatCompletesBy(a), formatCompletesBy(b)]
      if (parseCompletesBy(first) !== first) throw new Error(`${first} is read as ${parseCompletesBy(first)}`)
      // An hour that the clock goes back twice is the exception that the product has too.
      if (Math.abs(a.getTime() - b.getTime()) < 7_200_000) return true
      return a < b === first < second
    }),
  )
  t.pass('for any two moments')
})

t.test('every option has its default inside its own range, and a sentence', async t => {
  const options = parseOptions(SERVER_OPTIONS)
  for (const [name, row] of Object.entries(SERVER_OPTIONS)) {
    t.match(row.doc, /^[A-Z].*[.]$/s, name)
    t.equal(options[name as keyof typeof options], row.default, `${name} = ${row.default}`)
    if (name.endsWith('Ms')) t.equal(row.unit, 'ms', `${name} has its unit in its name and its row`)
  }
  t.equal(options.listen, '127.0.0.1:3804', 'nobody but this machine, unless told otherwise')
  t.equal(options.legacyTls, false)
})

t.test('every error says what, what to do, where, and why', async t => {
  for (const [code, { what, remedy }] of Object.entries(SERVER_ERRORS)) {
    const { message } = new ServerError(code as ServerErrorCode, 'here', { cause: new Error('because') })
    t.equal(message, `here: ${what} [because]; ${remedy} (${code})`)
    t.match(what, /^[a-z][^.]+[^.]$/)
    t.match(remedy, /^[a-z][^.]+/)
  }
})
