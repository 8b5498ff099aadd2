import { DocumentError } from '@capfkit/codec/options'
import fc from 'fast-check'
import t from 'tap'
import { readIosConfig, type SettingName, STATEMENTS, type Statement } from '../src/index.ts'

/** The mistakes of a text, as people read them. */
const mistakesOf = (text: string): string[] => {
  try {
    readIosConfig(text)
    return []
  } catch (error) {
    if (error instanceof DocumentError) return error.message.split('\n')
    throw error
  }
}

t.test('every mistake is told at once, with its line and column', async t => {
  const text = [
    'crypto pki server ca',
    ' lifetime ca-certificate 0',
    ' lifetime certificate soon',
    ' auto-rollover 1826',
    'crypto pki trustpoint t',
    ' auto-enroll 101',
    ' enrollment retry period 0',
    'ip http max-connections 17',
  ].join('\r\n')
  t.strictSame(mistakesOf(text), [
    '2:2: "lifetime ca-certificate" must be 1 minute..7305 days, got 0 (CONFIG_OUT_OF_RANGE)',
    '3:2: "lifetime certificate" wants a whole number of days, got "soon" (CONFIG_WRONG_TYPE)',
    '4:2: "auto-rollover" must be 0..1825 days, got 1826 (CONFIG_OUT_OF_RANGE)',
    '6:2: "auto-enroll" must be 1..100 percent, got 101 (CONFIG_OUT_OF_RANGE)',
    '7:2: "enrollment retry period" must be 1..60 minutes, got 0 (CONFIG_OUT_OF_RANGE)',
    '8:1: "ip http max-connections" must be 1..16 connections, got 17 (CONFIG_OUT_OF_RANGE)',
  ])
})

t.test('a text without any such line is told as that, whatever it is', async t => {
  for (const text of ['', 'Dear Sir or Madam', '\u0000\u0001ELF', 'interface Ethernet0\n ip address dhcp'])
    t.match(mistakesOf(text), [/^1:1: no line of a PKI server or trustpoint is in it/])
})

t.test('words are read without a number, with other words behind them, taken back, and asked about', async t => {
  const server = (line: string) => readIosConfig(`crypto pki server ca\n lifetime certificate 10\n${line}`).servers[0]!.stated
  t.match(server(' auto-rollover'), { overlapDays: { value: 30, line: 3, column: 2 } })
  t.match(server(' auto-rollover 0 12 30'), { overlapDays: { value: 12.5 / 24 } })
  t.notOk(server(' auto-rollover\n no auto-rollover').overlapDays)
  t.notOk(server('CA(cs-server)#auto-rollover ?').overlapDays)
  t.match(server(' auto-rollover 10\n auto-rollover 365'), { overlapDays: { value: 365 } }, 'the last one counts')
  t.match(mistakesOf('lifetime certificate 1 24'), [/wants hours of 0\.\.23/])
  t.match(mistakesOf('lifetime certificate 99999999999999999999'), [/must be 1 minute/])
  const { trustpoints } = readIosConfig('crypto ca trustpoint t\n auto-enroll regenerate\n enrollment retry count 0')
  t.match(trustpoints, [{ name: 't', stated: { renewPercent: { value: 100 }, retryCount: { value: 0 } } }])
})

t.test('lines without the section around them count, and each goes to the section before it', async t => {
  t.match(readIosConfig('lifetime certificate 10').servers, [{ name: undefined, stated: { certificateDays: { value: 10 } } }])
  const { servers, trustpoints } = readIosConfig(
    'crypto pki server a\nlifetime certificate 1\ncrypto pki trustpoint a\ncrypto pki server b\nlifetime certificate 2',
  )
  t.strictSame(
    servers.map(({ name, stated }) => [name, stated.certificateDays?.value]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  t.equal(trustpoints.length, 1)
})

const rows = Object.entries<Statement>(STATEMENTS) as [SettingName, Statement][]

t.test('what is written of any statement is what is read, between any other lines', async t => {
  const stated = fc
    .constantFrom(...rows)
    .chain(([name, row]) => fc.record({ name: fc.constant(name), value: fc.integer({ min: Math.ceil(row.min), max: row.max }) }))
  const noise = fc.constantFrom('!', ' hash sha256', 'interface Gi0/0', ' subject-name CN=x, OU=auto', '<snip>', 'router#')
  fc.assert(
    fc.property(fc.uniqueArray(stated, { selector: ({ name }) => name, minLength: 1 }), fc.array(noise), (statements, between) => {
      const lines = statements.map(({ name, value }) => ` ${STATEMENTS[name].words} ${value}`)
      const config = readIosConfig(lines.flatMap(line => [...between, line]).join('\n'))
      const found = { ...config.servers[0]?.stated, ...config.trustpoints[0]?.stated, ...config.http.stated }
      for (const { name, value } of statements) t.equal(found[name]?.value, value)
      return Object.keys(found).length === statements.length
    }),
    { numRuns: 200 },
  )
})

t.test('no text makes it fail otherwise', async t => {
  const words = fc.constantFrom(
    ...rows.map(([, { words }]) => words),
    'no ',
    '?',
    '5',
    '-',
    '\n',
    'crypto pki server ',
    'crypto pki trustpoint ',
    'x',
  )
  const text = fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(text, given => Array.isArray(mistakesOf(given))),
    { numRuns: 500 },
  )
  t.pass()
})
