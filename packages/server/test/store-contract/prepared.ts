import type { Test } from 'tap'
import type { Device, NewDevice, StoredCertificate } from '../../src/device.ts'
import type { DeviceStore, Lease, Outcome } from '../../src/store/store.ts'

/** Opens an empty store that believes this clock; the contract closes it. */
export type OpenStore = (clock: { now: () => number }) => DeviceStore | Promise<DeviceStore>

export const START_MS = Date.parse('2026-12-01T00:00:00Z')
export const NAME = 'SEP001122334455'

export const certificate: StoredCertificate = {
  certificateDer: Buffer.from('308201', 'hex'),
  publicKeyPem: '-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n',
  validUntil: new Date('2031-12-01T00:00:00Z'),
  issuerName: 'CN=CAPF-12345678;O=Lab',
  issuerValidUntil: new Date('2036-12-01T00:00:00Z'),
}

export const success: Outcome = { operation: 'install', status: 3, fulfilled: true, certificate }
export const failure: Outcome = { operation: 'install', status: 13, fulfilled: false }

/** Names of the devices of a list, in its order. */
export const names = async (devices: AsyncIterable<Device>): Promise<string[]> => {
  const found: string[] = []
  for await (const { name } of devices) found.push(name)
  return found
}

/** A store with one live node, `one`, and leases on the device {@link NAME} by their token. */
export const prepared = async (t: Test, open: OpenStore) => {
  const clock = { ms: START_MS }
  const store = await open({ now: () => clock.ms })
  t.teardown(() => store[Symbol.asyncDispose]())
  const live = (node: string) => store.heartbeat(node, clock.ms + 15_000)
  await live('one')
  const lease = (token: string, node = 'one'): Lease => ({ name: NAME, node, token })
  const row = async () => (await store.get(NAME))!
  const add = (device: Partial<NewDevice> = {}) => store.add([{ name: NAME, operation: 'install', ...device }])
  return { clock, store, live, lease, row, add }
}
