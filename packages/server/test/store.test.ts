import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { openDeviceStore } from '../src/store/open.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import { storeContract } from './store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-store-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

storeContract(t, { name: 'memory', open: ({ now }) => new MemoryDeviceStore({ now }) })
storeContract(t, {
  name: 'SQLite',
  open: ({ now }) => new SqliteDeviceStore({ file: join(folder, `${files++}.db`), now }),
})

t.test('a word names a store', async t => {
  t.type(openDeviceStore('memory:'), MemoryDeviceStore)
  for (const url of [`sqlite:${join(folder, 'a.db')}`, join(folder, 'b.db')]) {
    await using store = openDeviceStore(url)
    t.type(store, SqliteDeviceStore, url)
  }
  for (const url of ['sqlite:', ':memory:', 'sqlite::memory:', '', 'memory:x'])
    t.throws(() => openDeviceStore(url), { code: 'STORE_OPEN_FAILED', message: /neither sqlite:FILE, postgres:/ }, url)
})
