import { likePattern } from './like.ts'
import {
  ANSWERED,
  CURRENT,
  type KeptRequest,
  MAX_SUPERSEDED,
  type NewRequest,
  type RequestFilter,
  type RequestOutcome,
  type RequestStore,
  SUPERSEDED,
  UNDECIDED,
} from './requests.ts'

const isCurrent = ({ state }: KeptRequest) => (CURRENT as readonly string[]).includes(state)
const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

/** Requests that end with their process. `nameOf` gives a device name as its row has it, `undefined` when there is no row. */
export class MemoryRequestStore implements RequestStore {
  readonly #requests = new Map<number, KeptRequest>()
  readonly #nameOf: (deviceName: string) => string | undefined
  #lastId = 0

  constructor(nameOf: (deviceName: string) => string | undefined) {
    this.#nameOf = nameOf
  }

  async keep({ dueMs, ...request }: NewRequest): Promise<number | undefined> {
    const deviceName = this.#nameOf(request.deviceName)
    if (deviceName === undefined) return undefined
    this.supersede(deviceName)
    const old = [...this.#requests.values()].filter(kept => isSame(kept.deviceName, deviceName))
    for (const { id } of old.slice(0, -MAX_SUPERSEDED)) this.#requests.delete(id)
    const id = ++this.#lastId
    this.#requests.set(id, { ...request, id, deviceName, state: 'waiting', dueMs, isUndecided: false, certificateDer: undefined })
    return id
  }

  async current(deviceName: string): Promise<KeptRequest | undefined> {
    return this.#copies(kept => isSame(kept.deviceName, deviceName) && isCurrent(kept))[0]
  }

  async withKey(keyId: string): Promise<KeptRequest[]> {
    return this.#copies(kept => kept.keyId === keyId && kept.certificateDer === undefined)
  }

  async answer(id: number, certificateDer: Buffer): Promise<'issued' | 'stale' | undefined> {
    const kept = this.#requests.get(id)
    const state = kept && ANSWERED[kept.state]
    if (kept && state) this.#requests.set(id, { ...kept, state, certificateDer, dueMs: undefined })
    return state
  }

  async giveUp(id: number): Promise<void> {
    const kept = this.#requests.get(id)
    if (kept?.state === 'waiting') this.#requests.set(id, { ...kept, state: 'unanswered', dueMs: undefined })
  }

  async postpone(id: number, dueMs: number): Promise<void> {
    const kept = this.#requests.get(id)
    const state = kept && UNDECIDED[kept.state]
    if (kept && state) this.#requests.set(id, { ...kept, state, dueMs, isUndecided: true })
  }

  async takeDue({ nowMs, untilMs }: { nowMs: number; untilMs: number }): Promise<KeptRequest | undefined> {
    const isAskedFor = ({ state, isUndecided }: KeptRequest) => state === 'waiting' || (isUndecided && state === 'superseded')
    const due = this.#copies(kept => isAskedFor(kept) && kept.dueMs !== undefined && kept.dueMs <= nowMs)
    const [first] = due.sort((a, b) => a.dueMs! - b.dueMs!)
    if (!first) return undefined
    const taken = { ...first, dueMs: untilMs }
    this.#requests.set(first.id, taken)
    return { ...taken }
  }

  async remove(id: number): Promise<boolean> {
    return this.#requests.delete(id)
  }

  async *list(filter: RequestFilter = {}): AsyncIterable<KeptRequest> {
    yield* this.#copies(kept => matches(kept, filter))
  }

  async count(filter: RequestFilter = {}): Promise<number> {
    return this.#copies(kept => matches(kept, filter)).length
  }

  /** The device has a newer request, or another order. */
  supersede(deviceName: string): void {
    for (const kept of this.#requests.values()) if (isSame(kept.deviceName, deviceName)) kept.state = SUPERSEDED[kept.state]
  }

  settle({ id, becomes }: RequestOutcome): void {
    const kept = this.#requests.get(id)
    if (becomes === 'done') this.#requests.delete(id)
    else if (kept) kept.state = SUPERSEDED[kept.state]
  }

  /** The device is gone. */
  forget(deviceName: string): void {
    for (const kept of this.#requests.values()) if (isSame(kept.deviceName, deviceName)) this.#requests.delete(kept.id)
  }

  #copies(wanted: (kept: KeptRequest) => boolean): KeptRequest[] {
    return [...this.#requests.values()].filter(wanted).map(kept => ({ ...kept }))
  }
}

const matches = (kept: KeptRequest, { like, states }: RequestFilter): boolean =>
  (like === undefined || likePattern(like).test(kept.deviceName)) && (states === undefined || states.includes(kept.state))
