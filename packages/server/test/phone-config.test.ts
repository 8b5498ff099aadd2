import t from 'tap'
import { MemoryDeviceStore, phoneRecords } from '../src/index.ts'

const NAME = 'SEP001122334455'

t.test('the configuration of a phone says what is pending for it, and nothing once that is done', async t => {
  await using store = new MemoryDeviceStore({ now: () => 0 })
  const { find } = phoneRecords(store)
  t.equal(await find(NAME), undefined)
  await store.add([{ name: NAME, operation: 'install', authMode: 'string', authString: '12345678' }])
  const pending = await find(NAME.toLowerCase())
  t.strictSame(pending, { config: { capfAuthMode: 'string' } })
  t.notMatch(JSON.stringify(pending), /12345678/, 'the string is in no file')
  await store.change(NAME, { operation: 'none' })
  t.strictSame(await find(NAME), { config: { capfAuthMode: 'none' } })
})
