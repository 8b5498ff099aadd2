import { join } from 'node:path'
import { MODELS } from '@capfkit/phone'
import t, { type Test } from 'tap'
import { identitiesOf } from '../src/identity.ts'
import { fleetOptions, range } from './fleet-options.ts'

const folder = (t: Test, text: string | Buffer) => join(t.testdir({ 'phones.csv': text }), 'phones.csv')

const phonesOf = (csv: string, seed = 1) => {
  const { count, at } = identitiesOf(fleetOptions({ csv, seed, auth: 'null=1,mic=1', models: '8861=1,7821=1', key: 'ec:p384=1' }))
  return range(count).map(at)
}

t.test('every column is taken, whatever the options draw', async t => {
  const csv = folder(t, 'name,model,auth,authString,mic,lsc\nSEP1,8845,string,0042,m.pem,l.pem\n')
  t.strictSame(phonesOf(csv), [
    {
      deviceName: 'SEP1',
      model: '8845',
      authMode: 'string',
      authString: '0042',
      micFile: 'm.pem',
      lscFile: 'l.pem',
      key: { type: 'ec', curve: 'secp384r1' },
    },
  ])
})

t.test('what a line leaves out is drawn from the seed', async t => {
  const lines = range(200).map(index => `SEP${index},`)
  const csv = folder(t, `name,auth\n${lines.join('\n')}\n`)
  const first = phonesOf(csv)
  t.strictSame(phonesOf(csv), first)
  t.notSame(phonesOf(csv, 2), first)
  t.strictSame(new Set(first.map(({ authMode }) => authMode)), new Set(['null', 'mic']))
  t.strictSame(new Set(first.map(({ model }) => model)), new Set(['8861', '7821']))
  t.notOk(first.some(phone => 'authString' in phone))
})

t.test('as spreadsheets write it: byte order mark, CRLF, quotes, spaces, other columns, columns in any case and order', async t => {
  const csv = folder(t, '\ufeffFloor,AuthString,NAME\r\n"3, left","12 34" , SEP1 \r\n\r\n4,,"SEP2"\r\n')
  t.match(phonesOf(csv), [{ deviceName: 'SEP1', authString: '12 34' }, { deviceName: 'SEP2' }])
  t.equal(phonesOf(csv)[1]?.authString, undefined)
})

t.test('short lines leave their last columns out', async t => {
  t.match(phonesOf(folder(t, 'name,auth,authString\nSEP1\nSEP2,string\n')), [{ deviceName: 'SEP1' }, { authMode: 'string' }])
})

t.test('every bad line is told at once, with its number in the file', async t => {
  const csv = folder(t, 'name,model,auth\nSEP1,,\n\nSEP 2,,\nSEP3,9999,\nsep1,,\nSEP4,,kerberos\n,,\n')
  t.throws(() => phonesOf(csv), {
    name: 'OptionError',
    problems: [
      {
        name: 'csv',
        sentence: [
          `csv ${csv}: line 4: "SEP 2" is not a device name`,
          `line 5: model "9999" is not one of ${Object.keys(MODELS).join(', ')}`,
          'line 6: sep1 stands in line 2 already',
          'line 7: auth "kerberos" is not one of null, string, lsc, mic',
          'line 8: "" is not a device name',
        ].join('; '),
      },
    ],
  })
})

t.test('of very many bad lines the first twenty are told, and how many there are more', async t => {
  const csv = folder(
    t,
    `name\n${range(30)
      .map(index => `bad name ${index}`)
      .join('\n')}\n`,
  )
  t.throws(() => phonesOf(csv), { message: /line 2: .*line 21: "bad name 19" is not a device name; and 10 lines more/ })
  t.throws(() => phonesOf(csv), { message: /^(?!.*line 22)/ })
})

t.test('a file that holds no phones says why', async t => {
  const cases: [text: string | Buffer, sentence: RegExp][] = [
    ['', /the first line must name the columns, name among them/],
    ['SEP1\nSEP2\n', /the first line must name the columns, name among them/],
    ['auth\nnull\n', /the first line must name the columns, name among them/],
    ['name;auth\nSEP1;null\n', /the first line must name the columns, name among them/],
    ['name,auth\n', /there is no phone in it/],
    ['name\n"SEP1\n', /cannot be read: Quote Not Closed/],
  ]
  for (const [text, sentence] of cases) {
    const csv = folder(t, text)
    t.throws(() => phonesOf(csv), { name: 'OptionError', message: sentence }, JSON.stringify(text))
    t.throws(() => phonesOf(csv), { message: new RegExp(`csv ${csv}`) })
  }
  t.throws(() => phonesOf('nowhere.csv'), { name: 'OptionError', message: /csv nowhere\.csv cannot be read: ENOENT/ })
})
