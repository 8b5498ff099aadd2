import { isDeviceName, sameDeviceName } from '@capfkit/codec/capf'
import t from 'tap'

t.test('[CAPF-3.5] any CUCM device name is one', async t => {
  for (const name of [
    'SEP001122334455',
    'sep001122aabbcc',
    'CSFJDOE',
    'TCTJDOE',
    'BOTJDOE',
    'TABJDOE',
    'my-cipc_1.2',
    'x',
    'x'.repeat(128),
  ])
    t.ok(isDeviceName(name), name)
})

t.test('[CAPF-3.5] nothing else is: no path, no line, no space, nothing too long', async t => {
  for (const name of ['', 'x'.repeat(129), 'SEP 1', '../SEP', 'a/b', 'SEP\n', 'SEP\0', "SEP'; --", 'żółw', '\ufeffSEP', 'SEP:1'])
    t.notOk(isDeviceName(name), JSON.stringify(name))
})

t.test('[CAPF-3.5] names are compared without case', async t => {
  t.ok(sameDeviceName('SEP00112233AABB', 'sep00112233aabb'))
  t.notOk(sameDeviceName('SEP00112233AABB', 'SEP00112233AABC'))
})
