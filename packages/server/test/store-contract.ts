import type { Test } from 'tap'
import { leases } from './store-contract/leases.ts'
import { lists } from './store-contract/lists.ts'
import { outcomes } from './store-contract/outcomes.ts'
import type { OpenStore } from './store-contract/prepared.ts'
import { requests } from './store-contract/requests.ts'
import { rows } from './store-contract/rows.ts'

/** What every device store must do: SQLite, memory, and those that come later. */
export const storeContract = (t: Test, { name, open }: { name: string; open: OpenStore }): void => {
  for (const [chapter, tests] of Object.entries({ rows, lists, leases, outcomes, requests }))
    t.test(`${name}: ${chapter}`, async t => tests(t, open))
}
