import t from 'tap'
import { PostgresDeviceStore } from '../src/store/postgres/postgres.ts'
import { PostgresServer } from './postgres-server.ts'
import { storeContract } from './store-contract.ts'

const server = await PostgresServer.start()
t.teardown(() => server[Symbol.asyncDispose]())

storeContract(t, {
  name: 'PostgreSQL',
  open: async ({ now }) => new PostgresDeviceStore({ url: await server.newDatabase(), most: 4, timeoutMs: 5_000, now }),
})
