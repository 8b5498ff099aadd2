import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseKeySpec } from '@capfkit/pki'
import { openDeviceStore } from '@capfkit/server'
import fc from 'fast-check'
import t from 'tap'
import { checkFleetOptions } from '../src/check-options.ts'
import { formatCsvPhones, readCsvPhones } from '../src/csv-phones.ts'
import { readJsonlPhones } from '../src/data/jsonl-phones.ts'
import type { ListedPhone } from '../src/data/phone-row.ts'
import { withPhonesFile } from '../src/data/phones-file.ts'
import { identitiesOf } from '../src/identity.ts'
import { AUTH_MODES, KEY_NAMES, MODEL_NAMES } from '../src/mix.ts'
import type { FleetOptions } from '../src/options.ts'
import { fleetOptions, range } from './fleet-options.ts'

const folder = t.testdir()
const fileOf = (name: string, text: string) => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** The phones that a run with these options has. */
const phonesOf = async (options: Partial<FleetOptions>) => {
  await using stack = new AsyncDisposableStack()
  const { count, at } = identitiesOf(await withPhonesFile(fleetOptions(options), stack))
  return range(count).map(at)
}
const namesOf = async (options: Partial<FleetOptions>) => (await phonesOf(options)).map(({ deviceName }) => deviceName)

const problemsOf = (options: Partial<FleetOptions>): string => {
  try {
    checkFleetOptions(options)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

t.test('JSON Lines: an object a line, keys in any case, others ignored', async t => {
  const jsonl = fileOf(
    'phones.jsonl',
    '\ufeff{"name":"SEP1","model":"8845","auth":"string","authString":42,"floor":[3]}\r\n\n{"NAME":"SEP2","key":"ec:p384","mic":null}\n',
  )
  t.match(await phonesOf({ jsonl }), [
    { deviceName: 'SEP1', model: '8845', authMode: 'string', authString: '42' },
    { deviceName: 'SEP2', key: { type: 'ec', curve: 'secp384r1' } },
  ])
})

t.test('every bad line of JSON Lines is told at once, with its number', async t => {
  const long = `{"name":"${'x'.repeat(70_000)}"}`
  const lines = [
    '{"name":"SEP1"}',
    '{"name":',
    '[1]',
    '',
    '{"name":"SEP 1"}',
    '{"name":"sep1"}',
    '{"name":"A","auth":["mic"]}',
    long,
  ]
  const jsonl = fileOf('bad.jsonl', lines.join('\n'))
  const told = problemsOf({ embedded: true, jsonl })
  for (const sentence of [
    /line 2: it is not JSON/,
    /line 3: it is not an object/,
    /line 5: "SEP 1" is not a device name/,
    /line 6: sep1 stands in line 1 already/,
    /line 7: auth is neither text nor a number/,
    /line 8: it is longer than 65536 bytes/,
  ])
    t.match(told, sentence)
  t.match(problemsOf({ embedded: true, jsonl: join(folder, 'none') }), /jsonl .*none cannot be read: ENOENT/)
  t.match(problemsOf({ embedded: true, jsonl: fileOf('empty.jsonl', '\n\n') }), /there is no phone in it/)
})

t.test('the devices of a store are phones, with their modes, strings and keys', async t => {
  const file = join(folder, 'devices.db')
  const store = `sqlite:${file}`
  {
    await using devices = openDeviceStore(store)
    await devices.add([
      { name: 'SEP1', authMode: 'string', authString: '0042', keyOrder: 'rsa', rsaBits: 1024 },
      { name: 'CSFanna', authMode: 'mic', keyOrder: 'ec', ecBits: 521 },
    ])
  }
  t.match(await phonesOf({ storePhones: true, store, server: '127.0.0.1:1' }), [
    { deviceName: 'CSFanna', authMode: 'mic', key: { type: 'ec', curve: 'secp521r1' } },
    { deviceName: 'SEP1', authMode: 'string', authString: '0042', key: { type: 'rsa', bits: 1024 } },
  ])
  t.match(problemsOf({ storePhones: true, server: '127.0.0.1:1' }), /storePhones needs store/)
  t.match(
    problemsOf({ storePhones: true, store, csv: fileOf('a.csv', 'name\nA\n'), server: '127.0.0.1:1' }),
    /storePhones and csv exclude/,
  )
  {
    await using devices = openDeviceStore(store)
    for (const name of ['SEP1', 'CSFanna']) await devices.remove(name)
  }
  await t.rejects(phonesOf({ storePhones: true, store }), { message: /there is no device in sqlite:/ })
})

t.test('phones come in the order of the list, or of the seed, each once; some of them, or all', async t => {
  const names = range(50).map(index => `SEP${index}`)
  const jsonl = fileOf('order.jsonl', names.map(name => `${JSON.stringify({ name })}\n`).join(''))
  t.strictSame(await namesOf({ jsonl }), names)
  const random = await namesOf({ jsonl, dataOrder: 'random' })
  t.not(random.join(), names.join())
  t.strictSame([...random].sort(), [...names].sort())
  t.strictSame(await namesOf({ jsonl, dataOrder: 'random' }), random, 'the same seed')
  t.notSame(await namesOf({ jsonl, dataOrder: 'random', seed: 2 }), random, 'another seed')
  t.strictSame(await namesOf({ jsonl, dataRows: 3 }), names.slice(0, 3))
  t.strictSame(await namesOf({ jsonl, dataRows: 3, dataOrder: 'random' }), random.slice(0, 3))
  const csv = fileOf('order.csv', `name\n${names.join('\n')}\n`)
  t.strictSame(await namesOf({ csv, dataRows: 2 }), names.slice(0, 2))
  t.equal((await namesOf({ phones: 7, dataRows: 2 })).length, 7, 'phones that are drawn are no list')
})

t.test('what is written of phones is read again', async t => {
  const text = fc.string({ unit: fc.constantFrom(...'aZ0," \u00e9'), minLength: 1 }).map(word => `x${word}x`)
  const phone = fc.record(
    {
      model: fc.constantFrom(...MODEL_NAMES),
      authMode: fc.constantFrom(...AUTH_MODES),
      authString: text,
      key: fc.constantFrom(...KEY_NAMES).map(parseKeySpec),
      micFile: text,
      lscFile: text,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  const file = join(folder, 'written.csv')
  const holds = (phones: Omit<ListedPhone, 'deviceName'>[]) => {
    const given = phones.map((one, index) => ({ deviceName: `SEP${index}`, ...one }))
    writeFileSync(file, formatCsvPhones(given))
    return JSON.stringify(readCsvPhones(file)) === JSON.stringify(given)
  }
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(phone, { minLength: 1, maxLength: 5 }), holds)))
  t.strictSame(readJsonlPhones(fileOf('one.jsonl', '{"name":"SEP1"}')), [{ deviceName: 'SEP1' }])
})
