import { openDatabases } from '@capfkit/test-postgres'
import t from 'tap'
import { PostgresDeviceStore } from '../src/store/postgres/postgres.ts'
import { storeContract } from './store-contract.ts'

const server = await openDatabases()
t.teardown(() => server[Symbol.asyncDispose]())

storeContract(t, {
  name: 'PostgreSQL',
  open: async ({ now }) => new PostgresDeviceStore({ url: await server.newDatabase(), most: 4, timeoutMs: 5_000, now }),
})
