import { CONFIG_ERRORS, flag, int, OptionError, oneOf, optionalText, parseOptions, text, textList } from '@capfkit/codec/options'
import t from 'tap'

const TABLE = {
  port: int({ default: 3804, min: 0, max: 65_535, unit: 'TCP port', doc: 'Where phones connect.' }),
  keySizeBits: int({ default: 2048, min: 512, max: 4096, unit: 'bits', doc: 'RSA modulus.' }),
  legacyTls: flag({ default: false, doc: 'Speak TLS 1.0.', unsafe: 'Old ciphers are broken.' }),
  keyOrder: oneOf({ default: 'rsa-only', values: ['rsa-only', 'ec-only'], doc: 'Which key first.' }),
  host: text({ default: '0.0.0.0', doc: 'Where to listen.' }),
  name: text({ default: 'CAPF', pattern: /^[A-Z]+$/, range: 'capital letters', doc: 'Name of the issuer.' }),
  code: text({ default: 'x', pattern: /^x+$/, doc: 'A pattern without words.' }),
  store: optionalText({ doc: 'A file.' }),
  authString: optionalText({ pattern: /^\d{4,10}$/, range: '4..10 digits', doc: 'Authentication string.', secret: true }),
  issuers: textList({ doc: 'Files of trusted issuers.' }),
} as const

const DEFAULTS = {
  port: 3804,
  keySizeBits: 2048,
  legacyTls: false,
  keyOrder: 'rsa-only',
  host: '0.0.0.0',
  name: 'CAPF',
  code: 'x',
  store: undefined,
  authString: undefined,
  issuers: [],
}

/** The problems that these values give, without their names: `code: sentence`. */
const problems = (given: Record<string, unknown>): string[] => {
  try {
    parseOptions(TABLE, given)
    return []
  } catch (error) {
    if (error instanceof OptionError) return error.problems.map(({ code, sentence }) => `${code}: ${sentence}`)
    throw error
  }
}

t.test('defaults are filled in where nothing is given', async t => {
  t.strictSame(parseOptions(TABLE), DEFAULTS)
  t.strictSame(parseOptions(TABLE, {}), DEFAULTS)
  t.strictSame(parseOptions(TABLE, { port: undefined, nonsense: undefined }), DEFAULTS, 'undefined counts as not given')
})

t.test('given values are kept, falsy ones too', async t => {
  const given = {
    port: 0,
    keySizeBits: 4096,
    legacyTls: true,
    keyOrder: 'ec-only',
    host: '',
    name: 'A',
    code: 'xx',
    store: '/s',
    authString: '12345',
    issuers: ['a', 'b'],
  }
  t.strictSame(parseOptions(TABLE, given), given)
  t.equal(parseOptions(TABLE, { legacyTls: false }).legacyTls, false)
  t.strictSame(parseOptions(TABLE, { issuers: 'one' }).issuers, ['one'], 'one text is a list of one')
})

t.test('both ends of a range belong to it', async t => {
  for (const keySizeBits of [512, 4096]) t.equal(parseOptions(TABLE, { keySizeBits }).keySizeBits, keySizeBits)
})

t.test('a value out of range is told with name, range, unit and what was given', async t => {
  t.strictSame(problems({ keySizeBits: 100 }), ['CONFIG_OUT_OF_RANGE: keySizeBits must be 512..4096 bits, got 100'])
  t.strictSame(problems({ keySizeBits: 4097 }), ['CONFIG_OUT_OF_RANGE: keySizeBits must be 512..4096 bits, got 4097'])
  t.strictSame(problems({ keySizeBits: 1024.5 }), ['CONFIG_OUT_OF_RANGE: keySizeBits must be 512..4096 bits, got 1024.5'])
  t.strictSame(problems({ port: Number.NaN }), ['CONFIG_OUT_OF_RANGE: port must be 0..65535 TCP port, got NaN'])
  t.strictSame(problems({ port: Number.POSITIVE_INFINITY }), ['CONFIG_OUT_OF_RANGE: port must be 0..65535 TCP port, got Infinity'])
  t.strictSame(problems({ keyOrder: 'rsa' }), ['CONFIG_OUT_OF_RANGE: keyOrder must be rsa-only | ec-only, got "rsa"'])
  t.strictSame(problems({ name: 'capf' }), ['CONFIG_OUT_OF_RANGE: name must be capital letters, got "capf"'])
  t.strictSame(problems({ code: 'y' }), ['CONFIG_OUT_OF_RANGE: code must be text like ^x+$, got "y"'])
  t.strictSame(problems({ store: '' }), ['CONFIG_OUT_OF_RANGE: store must be text that is not empty, got ""'])
})

t.test('a value of another kind is told so', async t => {
  t.strictSame(problems({ port: '3804' }), ['CONFIG_WRONG_TYPE: port must be 0..65535 TCP port, got "3804"'])
  t.strictSame(problems({ port: 10n }), ['CONFIG_WRONG_TYPE: port must be 0..65535 TCP port, got 10'])
  t.strictSame(problems({ port: null }), ['CONFIG_WRONG_TYPE: port must be 0..65535 TCP port, got null'])
  t.strictSame(problems({ legacyTls: 'yes' }), ['CONFIG_WRONG_TYPE: legacyTls must be a boolean, got "yes"'])
  t.strictSame(problems({ keyOrder: 1 }), ['CONFIG_WRONG_TYPE: keyOrder must be rsa-only | ec-only, got 1'])
  t.strictSame(problems({ host: { a: 1 } }), ['CONFIG_WRONG_TYPE: host must be a string, got {"a":1}'])
  t.strictSame(problems({ issuers: [1] }), ['CONFIG_WRONG_TYPE: issuers must be a list, got [1]'])
  t.strictSame(problems({ issuers: 1 }), ['CONFIG_WRONG_TYPE: issuers must be a list, got 1'])
})

t.test('an unknown name is told with the names that are known', async t => {
  t.strictSame(problems({ prot: 1 }), [`CONFIG_UNKNOWN: prot is not an option here; known are ${Object.keys(TABLE).join(', ')}`])
  for (const name of ['toString', 'constructor', '__proto__'])
    t.match(problems(Object.fromEntries([[name, 1]])), [/^CONFIG_UNKNOWN: /], `${name} is no option either`)
})

t.test('every mistake is listed at once', async t => {
  const given = { prot: 1, port: -1, keySizeBits: 'big', legacyTls: 0, keyOrder: 'x' }
  t.strictSame(
    problems(given).map(problem => problem.split(' ').slice(0, 2).join(' ')),
    [
      'CONFIG_UNKNOWN: prot',
      'CONFIG_OUT_OF_RANGE: port',
      'CONFIG_WRONG_TYPE: keySizeBits',
      'CONFIG_WRONG_TYPE: legacyTls',
      'CONFIG_OUT_OF_RANGE: keyOrder',
    ],
  )
  t.throws(() => parseOptions(TABLE, { port: -1, keySizeBits: 100 }), {
    name: 'OptionError',
    code: 'CONFIG_OUT_OF_RANGE',
    message:
      'port must be 0..65535 TCP port, got -1 (CONFIG_OUT_OF_RANGE); keySizeBits must be 512..4096 bits, got 100 (CONFIG_OUT_OF_RANGE)',
  })
})

t.test('a secret is never printed', async t => {
  for (const authString of ['hunter2', 98_765_432, { inside: 'hunter2' }]) {
    const [problem] = problems({ authString })
    t.match(problem, /authString must be 4\.\.10 digits, got a secret$/)
    t.notMatch(problem, /hunter2|98765432/)
  }
})

t.test('a row says what flags, --help and docs need', async t => {
  t.match(TABLE.port, { kind: 'number', range: '0..65535', unit: 'TCP port', default: 3804, doc: 'Where phones connect.' })
  t.match(TABLE.legacyTls, { kind: 'boolean', default: false, unsafe: 'Old ciphers are broken.' })
  t.match(TABLE.keyOrder, { kind: 'string', range: 'rsa-only | ec-only', default: 'rsa-only' })
  t.match(TABLE.authString, { kind: 'string', range: '4..10 digits', secret: true })
  t.match(TABLE.issuers, { kind: 'list' })
  t.notOk('unit' in TABLE.host || 'range' in TABLE.host || 'secret' in TABLE.host, 'what a row does not have is absent')
})

t.test('every code has a sentence', async t => {
  for (const [code, sentence] of Object.entries(CONFIG_ERRORS)) t.match(`${code} ${sentence}`, /^CONFIG_[A-Z_]+ [a-z ]+$/)
})
