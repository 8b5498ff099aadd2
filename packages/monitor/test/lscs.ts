import { MemoryDeviceStore, type Operation } from '@capfkit/server'

export type Row = {
  readonly name: string
  readonly issuerName?: string
  readonly validUntil?: Date
  readonly issuerValidUntil?: Date
  readonly operation?: Operation
}

const LATER = new Date('2099-01-01')

/** A store whose devices were given LSCs through sessions, as a server writes them. */
export const storeWith = async (rows: readonly Row[]): Promise<MemoryDeviceStore> => {
  const store = new MemoryDeviceStore()
  await store.heartbeat('test', Date.now() + 60_000)
  for (const { name, issuerName, validUntil = LATER, issuerValidUntil = LATER, operation = 'none' } of rows) {
    await store.add([{ name, operation: 'install' }])
    const lease = { name, node: 'test', token: name }
    await store.claim(lease)
    const certificate =
      issuerName === undefined
        ? undefined
        : { certificateDer: Buffer.of(), publicKeyPem: '', validUntil, issuerName, issuerValidUntil }
    await store.settle(lease, { operation: 'install', status: 3, fulfilled: true, certificate })
    if (operation !== 'none') await store.change(name, { operation })
  }
  return store
}
