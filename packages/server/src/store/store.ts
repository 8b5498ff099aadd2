import type { Device, DeviceChange, NewDevice, Operation, StoredCertificate } from '../device.ts'
import { CERT_STATUS, type CertStatus } from '../status.ts'
import type { RequestOutcome, RequestStore } from './requests.ts'

/** One session's hold on a device: whoever has the token may write its outcome. */
export type Lease = {
  name: string
  /** The server process; a lease ends with the heartbeats of its node. */
  node: string
  token: string
}

/** Which key a device is to make. */
export type OrderedKey = Pick<Device, 'keyOrder' | 'rsaBits' | 'ecBits'>
export const KEY_FIELDS = ['keyOrder', 'rsaBits', 'ecBits'] as const satisfies (keyof OrderedKey)[]

/** How a session ended, written in one transaction with the end of its lease. */
export type Outcome = {
  /** The order that the session worked on. Where somebody ordered something else meanwhile, status and order stay theirs. */
  operation: Operation
  /** The key that was part of that order; another one ordered meanwhile is another order. */
  key?: OrderedKey
  status: CertStatus
  /** The order was carried out: it becomes none. Every other outcome leaves it pending [CAPF-3.4]. */
  fulfilled: boolean
  /** The certificate that the phone confirmed, or `undefined` in `certificate` to forget it. Leave the key out to keep it. */
  certificate?: StoredCertificate | undefined
  /** This authentication string was good for one time: forget it, unless somebody has set another one meanwhile. */
  spentAuthString?: string | undefined
  /** Wrong strings in a row, where the session has something to say of that. A fulfilled order sets them to 0. */
  failedAttempts?: number
  lockedUntilMs?: number
  /** What becomes of the certificate request that the session was about, where it is kept. */
  request?: RequestOutcome
}

export type DeviceFilter = {
  /** SQL LIKE pattern, `%` and `_`, without case. */
  like?: string
  operation?: Operation
  status?: CertStatus
}

/**
 * What a CAPF server needs of its store. Names are compared without case; every method rejects with a `ServerError` of a
 * `STORE_*` code. SQLite and memory implement it, and one contract test suite holds for all.
 */
export interface DeviceStore extends AsyncDisposable {
  readonly requests: RequestStore
  /** Add devices in one transaction: all or none. @throws `DEVICE_EXISTS`, `DEVICE_BAD_NAME`. With `replace`, existing rows are overwritten. */
  add(devices: readonly NewDevice[], options?: { replace?: boolean }): Promise<void>
  get(name: string): Promise<Device | undefined>
  /** Every matching device in order of name, read page by page. */
  list(filter?: DeviceFilter): AsyncIterable<Device>
  count(filter?: DeviceFilter): Promise<number>
  /**
   * Change a row; false when there is none. Ordering an operation sets the status to pending, lifts a lock, and supersedes the
   * certificate request of the order before.
   */
  change(name: string, change: DeviceChange): Promise<boolean>
  remove(name: string): Promise<boolean>
  /**
   * Take the device for one session and read it, in one step, so that nothing slips in between.
   * `undefined` when it is unknown, has no pending operation, or another live session has it: `get` tells which.
   */
  claim(lease: Lease): Promise<Device | undefined>
  /** Write the outcome and end the lease: false, and nothing written, when the lease was lost. */
  settle(lease: Lease, outcome: Outcome): Promise<boolean>
  /** End a lease without an outcome. */
  release(lease: Lease): Promise<void>
  /** Say that a node lives until `untilMs` (epoch ms). */
  heartbeat(node: string, untilMs: number): Promise<void>
  /** Say that a node is gone: its leases are free at once. */
  leave(node: string): Promise<void>
  /** The same of all nodes: for whoever knows that no server works on this store, as those that did were killed. */
  leaveAll(): Promise<void>
}

const { NONE, PENDING } = CERT_STATUS

/** Does the row still order what the session of this outcome was told? */
export const isSameOrder = (device: Device, { operation, key }: Pick<Outcome, 'operation' | 'key'>): boolean =>
  device.operation === operation &&
  (!key || (device.keyOrder === key.keyOrder && device.rsaBits === key.rsaBits && device.ecBits === key.ecBits))

/** Orders put a device in the state that the product shows: pending, attempts forgotten; nothing is pending once withdrawn [CAPF-7.3]. */
export const applyChange = (device: Device, change: DeviceChange): Device => {
  if (change.operation === undefined) return { ...device, ...change }
  const withdrawn = device.status === PENDING ? NONE : device.status
  const status = change.operation === 'none' ? withdrawn : PENDING
  return { ...device, status, failedAttempts: 0, lockedUntilMs: 0, ...change }
}
