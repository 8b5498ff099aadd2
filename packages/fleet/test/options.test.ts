import { join } from 'node:path'
import t from 'tap'
import { checkFleetOptions } from '../src/check-options.ts'
import { FLEET_ERRORS, FleetError, type FleetErrorCode } from '../src/errors.ts'
import type { FleetOptions } from '../src/options.ts'

const folder = t.testdir({ 'phones.csv': 'name\nSEP 1\n', 'capf.db': '' })

const problemsOf = (given: Partial<FleetOptions>): string[] => {
  try {
    checkFleetOptions(given)
    return []
  } catch (error) {
    if (!(error instanceof Error) || !('problems' in error)) throw error
    return (error.problems as { sentence: string }[]).map(({ sentence }) => sentence)
  }
}

t.test('what is right is returned with the defaults', async t => {
  t.match(checkFleetOptions({ server: '[::1]:3804', phones: 5 }), { server: '[::1]:3804', phones: 5, seed: 1, concurrency: 32 })
  t.strictSame(problemsOf({ embedded: true, auth: 'mic', key: 'ec:p256=2,rsa:512=1', rounds: 'delete:0%' }), [])
  t.strictSame(problemsOf({ server: 'capf.example:3804', store: `sqlite:${join(folder, 'capf.db')}` }), [])
})

t.test('every mistake is told at once, those of the table and those that it cannot see', async t => {
  const sentences = problemsOf({
    phones: 0,
    rate: 1.5,
    auth: 'kerberos',
    models: '8861=x',
    key: 'rsa:2047',
    rounds: 'install,enrol',
    csv: join(folder, 'phones.csv'),
    server: '127.0.0.1:70000',
    embedded: true,
    store: 'memory:',
    nonsense: 1,
  } as Partial<FleetOptions>)
  const expected = [
    /^nonsense is not an option here/,
    /^phones must be 1\.\.10000000 phones, got 0$/,
    /^rate must be 0\.\.1000000 sessions\/s, got 1\.5$/,
    /^auth knows null, string, lsc, mic, got "kerberos"$/,
    /^models wants a number as the weight of 8861, got "x"$/,
    /^key knows rsa:512, .* got "rsa:2047"$/,
    /^rounds knows install, .* got "enrol"$/,
    /^server must name a port of 1\.\.65535, got "127\.0\.0\.1:70000"$/,
    /^store must be sqlite:FILE/,
    /^csv .*: line 2: "SEP 1" is not a device name$/,
    /^server and embedded exclude each other$/,
    /^store and embedded exclude each other$/,
  ]
  t.match(sentences, expected)
  t.equal(sentences.length, expected.length, sentences.join('\n'))
})

t.test('what one option says, another cannot unsay', async t => {
  t.strictSame(problemsOf({ realKeygen: true, keyPool: 'keys.pool' }), ['keyPool and realKeygen exclude each other'])
  t.strictSame(problemsOf({ embedded: true, capfCertificate: 'capf.pem' }), ['capfCertificate and embedded exclude each other'])
  t.strictSame(problemsOf({ embedded: false, realKeygen: false, server: '127.0.0.1:1', keyPool: 'keys.pool' }), [])
})

t.test('a store that is not there is not made', async t => {
  const store = `sqlite:${join(folder, 'other.db')}`
  t.strictSame(problemsOf({ server: '127.0.0.1:1', store }), [`store ${store} is not there: name the store of the running server`])
})

t.test('every error says where, what, what to do, and its code', async t => {
  for (const code of Object.keys(FLEET_ERRORS) as FleetErrorCode[]) {
    const error = new FleetError(code, 'here', { cause: new Error('the reason') })
    t.match(error.message, new RegExp(`^here: .+ \\[the reason\\]; .+ \\(${code}\\)$`))
    t.match(error, { name: 'FleetError', code, where: 'here', cause: { message: 'the reason' } })
    t.notMatch(new FleetError(code, 'here').message, /\[/)
  }
})
