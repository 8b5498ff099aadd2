import { randomUUID } from 'node:crypto'
import type { DeviceStore, StoredCertificate } from '@capfkit/server'

/** What a session, and an operator, ask of a store. */
export const STORE_OPERATIONS = ['claim', 'settle', 'get', 'change'] as const
export type StoreOperation = (typeof STORE_OPERATIONS)[number]

/** Of one operation: how many a second, and CPU of this process for each, ms. */
export type OperationCost = { perSecond: number; cpuMs: number }
export type StoreCost = Record<StoreOperation, OperationCost>

const NODE = 'bench'
/** An LSC of the size that they have. */
const CERTIFICATE: StoredCertificate = {
  certificateDer: Buffer.alloc(900, 7),
  publicKeyPem: 'p'.repeat(450),
  validUntil: new Date(2_000_000_000_000),
  issuerName: 'CN=CAPF-5b3f1e0a',
  issuerValidUntil: new Date(2_000_000_000_000),
}

export const deviceName = (index: number) => `SEP${index.toString(16).toUpperCase().padStart(12, '0')}`

/** Bring a store from so many devices to so many. */
export const fillStore = async (store: DeviceStore, { from, to }: { from: number; to: number }): Promise<void> => {
  const batch = 5_000
  for (let first = from; first < to; first += batch) {
    const count = Math.min(batch, to - first)
    await store.add(Array.from({ length: count }, (_, index) => ({ name: deviceName(first + index), operation: 'install' })))
  }
}

const timed = async (names: readonly string[], { atOnce, work }: { atOnce: number; work: (name: string) => Promise<unknown> }) => {
  const [cpu, startedMs] = [process.cpuUsage(), performance.now()]
  let next = 0
  const lane = async () => {
    while (next < names.length) await work(names[next++]!)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (1000 * names.length) / (performance.now() - startedMs),
    cpuMs: (user + system) / 1000 / names.length,
  }
}

/** Each operation once for so many devices that lie far apart. @param what.of  devices in the store, all with an order. */
export const measureOperations = async (
  store: DeviceStore,
  { operations, atOnce, of }: { operations: number; atOnce: number; of: number },
): Promise<StoreCost> => {
  await store.heartbeat(NODE, Date.now() + 600_000)
  // A stride that shares no factor with the number of devices meets each once.
  const names = Array.from({ length: operations }, (_, index) => deviceName((index * 7_919) % of))
  const tokens = new Map(names.map(name => [name, randomUUID()]))
  const lease = (name: string) => ({ name, node: NODE, token: tokens.get(name)! })
  const works: Record<StoreOperation, (name: string) => Promise<unknown>> = {
    claim: name => store.claim(lease(name)),
    settle: name =>
      store.settle(lease(name), { operation: 'install', status: 3, fulfilled: true, certificate: CERTIFICATE, failedAttempts: 0 }),
    get: name => store.get(name),
    change: name => store.change(name, { operation: 'install' }),
  }
  const cost: Partial<StoreCost> = {}
  for (const operation of STORE_OPERATIONS) cost[operation] = await timed(names, { atOnce, work: works[operation] })
  await store.leave(NODE)
  return cost as StoreCost
}
