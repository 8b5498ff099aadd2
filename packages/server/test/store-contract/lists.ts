import type { Test } from 'tap'
import { names, type OpenStore, prepared } from './prepared.ts'

export const lists = (t: Test, open: OpenStore): void => {
  t.test('lists come in order of name, past one page, and filtered', async t => {
    const { store } = await prepared(t, open)
    const sorted = Array.from({ length: 1203 }, (_, index) => `SEP${index.toString(16).toUpperCase().padStart(12, '0')}`)
    const shuffled = sorted.toSorted((a, b) => a.split('').reverse().join('').localeCompare(b.split('').reverse().join('')))
    await store.add(shuffled.map((name, index) => ({ name, ...(index % 3 === 0 ? { operation: 'install' as const } : {}) })))
    await store.add([{ name: 'csf_x' }, { name: 'CSFAx', status: 13 }])

    t.strictSame(await names(store.list()), ['csf_x', 'CSFAx', ...sorted], 'case does not count, underscore before letters')
    t.equal(await store.count(), 1205)
    t.strictSame(await names(store.list({ like: 'sep%' })), sorted)
    t.strictSame(await names(store.list({ like: 'CSF_X' })), ['csf_x', 'CSFAx'], 'an underscore is any one character')
    t.strictSame(await names(store.list({ like: '%4AF' })), ['SEP0000000004AF'])
    t.strictSame(await names(store.list({ like: 'SEP' })), [], 'the whole name')
    t.strictSame(await names(store.list({ like: 'C.F%' })), [], 'no regular expression')
    t.equal(await store.count({ operation: 'install' }), 401)
    t.equal((await names(store.list({ operation: 'install', status: 2 }))).length, 401)
    t.strictSame(await names(store.list({ operation: 'install', status: 1 })), [])
    t.strictSame(await names(store.list({ like: 'csf%', operation: 'none', status: 13 })), ['CSFAx'])
    t.equal(await store.count({ like: 'csf%', status: 13 }), 1)
  })

  t.test('a list goes on while rows come and go', async t => {
    const { store } = await prepared(t, open)
    await store.add(Array.from({ length: 600 }, (_, index) => ({ name: `A${String(index).padStart(4, '0')}` })))
    const seen: string[] = []
    for await (const { name } of store.list()) {
      if (seen.length === 0) await store.remove('A0599')
      seen.push(name)
    }
    t.equal(seen.length, 599)
  })
}
