import { isDeviceName } from '@capfkit/codec/capf'
import { type Device, type DeviceChange, type NewDevice, newDevice } from '../device.ts'
import { ServerError } from '../errors.ts'
import { likePattern } from './like.ts'
import { MemoryRequestStore } from './memory-requests.ts'
import { applyChange, type DeviceFilter, type DeviceStore, isSameOrder, type Lease, type Outcome } from './store.ts'

/** A device store that ends with its process: for tests, the library, and `--store memory:`. */
export class MemoryDeviceStore implements DeviceStore {
  readonly #devices = new Map<string, Device>()
  readonly requests = new MemoryRequestStore(name => this.#devices.get(name.toLowerCase())?.name)
  readonly #leases = new Map<string, Lease>()
  readonly #nodes = new Map<string, number>()
  readonly #now: () => number

  constructor({ now = Date.now }: { now?: () => number } = {}) {
    this.#now = now
  }

  async add(devices: readonly NewDevice[], { replace = false } = {}): Promise<void> {
    const added = new Set<string>()
    for (const { name } of devices) {
      if (!isDeviceName(name)) throw new ServerError('DEVICE_BAD_NAME', JSON.stringify(name))
      const key = name.toLowerCase()
      if (!replace && (this.#devices.has(key) || added.has(key))) throw new ServerError('DEVICE_EXISTS', name)
      added.add(key)
    }
    for (const device of devices) {
      this.requests.forget(device.name)
      this.#devices.set(device.name.toLowerCase(), newDevice(device))
      this.#leases.delete(device.name.toLowerCase())
    }
  }

  async get(name: string): Promise<Device | undefined> {
    const device = this.#devices.get(name.toLowerCase())
    return device && { ...device }
  }

  async *list(filter: DeviceFilter = {}): AsyncIterable<Device> {
    for (const key of [...this.#devices.keys()].sort()) {
      const device = this.#devices.get(key)
      if (device && this.#matches(device, filter)) yield { ...device }
    }
  }

  async count(filter: DeviceFilter = {}): Promise<number> {
    return [...this.#devices.values()].filter(device => this.#matches(device, filter)).length
  }

  #matches(device: Device, { like, operation, status }: DeviceFilter): boolean {
    if (like !== undefined && !likePattern(like).test(device.name)) return false
    if (operation !== undefined && device.operation !== operation) return false
    return status === undefined || device.status === status
  }

  async change(name: string, change: DeviceChange): Promise<boolean> {
    const device = this.#devices.get(name.toLowerCase())
    if (!device) return false
    this.#devices.set(name.toLowerCase(), applyChange(device, change))
    if (change.operation !== undefined) this.requests.supersede(name)
    return true
  }

  async remove(name: string): Promise<boolean> {
    this.#leases.delete(name.toLowerCase())
    this.requests.forget(name)
    return this.#devices.delete(name.toLowerCase())
  }

  async claim(lease: Lease): Promise<Device | undefined> {
    const key = lease.name.toLowerCase()
    const device = this.#devices.get(key)
    const held = this.#leases.get(key)
    if (!device || device.operation === 'none') return undefined
    if (held && (this.#nodes.get(held.node) ?? 0) > this.#now()) return undefined
    this.#leases.set(key, lease)
    return { ...device }
  }

  async settle(lease: Lease, outcome: Outcome): Promise<boolean> {
    const key = lease.name.toLowerCase()
    const device = this.#devices.get(key)
    if (!device || this.#leases.get(key)?.token !== lease.token) return false
    this.#leases.delete(key)
    const { status, fulfilled, request } = outcome
    if (request) this.requests.settle(request)
    this.#devices.set(key, {
      ...device,
      ...(isSameOrder(device, outcome) ? { status, ...(fulfilled ? { operation: 'none' } : {}) } : {}),
      ...('certificate' in outcome ? { certificate: outcome.certificate } : {}),
      ...(outcome.spentAuthString === device.authString ? { authString: undefined } : {}),
      failedAttempts: fulfilled ? 0 : (outcome.failedAttempts ?? device.failedAttempts),
      lockedUntilMs: fulfilled ? 0 : (outcome.lockedUntilMs ?? device.lockedUntilMs),
    })
    return true
  }

  async release(lease: Lease): Promise<void> {
    const key = lease.name.toLowerCase()
    if (this.#leases.get(key)?.token === lease.token) this.#leases.delete(key)
  }

  async heartbeat(node: string, untilMs: number): Promise<void> {
    this.#nodes.set(node, untilMs)
  }

  async leaveAll(): Promise<void> {
    this.#nodes.clear()
  }

  async leave(node: string): Promise<void> {
    this.#nodes.delete(node)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
