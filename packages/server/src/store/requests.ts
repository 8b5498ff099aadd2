/** What became of a certificate request, with the number in its row. */
export const REQUEST_STATES = {
  waiting: { number: 1, doc: 'with the CA, or with the operator who brings its certificate' },
  unanswered: { number: 2, doc: 'the CA was asked and did not answer in time; a late answer is still taken' },
  issued: { number: 3, doc: 'its certificate is there and goes to the phone with its next session' },
  superseded: { number: 4, doc: 'the device has made a newer request, or was given another order' },
  stale: { number: 5, doc: 'superseded, and its certificate came all the same: a stale LSC' },
} as const

export type RequestState = keyof typeof REQUEST_STATES

/** Requests of one device that are kept although they are superseded; the oldest beyond it are forgotten. */
export const MAX_SUPERSEDED = 8

export type NewRequest = {
  deviceName: string
  /** PKCS#10, DER. */
  csrDer: Buffer
  /** What a certificate is matched to its request by: SHA-256 of the SubjectPublicKeyInfo, hex. */
  keyId: string
  /** Epoch ms. */
  createdMs: number
  /** When the CA is to be asked again, epoch ms. Without it nobody asks: an operator brings the certificate. */
  dueMs?: number
}

/** A certificate request that is kept until its certificate is on the phone. */
export type KeptRequest = {
  id: number
  /** As the device row has it. */
  deviceName: string
  state: RequestState
  csrDer: Buffer
  keyId: string
  createdMs: number
  dueMs: number | undefined
  /** The CA has said that it has the request, and that somebody has to decide: it is asked again even for a superseded one. */
  isUndecided: boolean
  certificateDer: Buffer | undefined
}

export type RequestFilter = {
  /** SQL LIKE pattern on the name of the device, `%` and `_`, without case. */
  like?: string
  states?: readonly RequestState[]
}

/**
 * The certificate requests of an Online or Offline CA, part of the device store: they survive a restart, and go when their
 * device goes. A device has one request at most that is not superseded or stale.
 */
export interface RequestStore {
  /**
   * Keep a request as the one of its device: what it had before is superseded or stale.
   *
   * @returns the id; `undefined`, and nothing kept, when the device is not there.
   */
  keep(request: NewRequest): Promise<number | undefined>
  /** The request of a device that is not superseded or stale. */
  current(deviceName: string): Promise<KeptRequest | undefined>
  /** Every request for this key that has no certificate yet, the oldest first. */
  withKey(keyId: string): Promise<KeptRequest[]>
  /** Its certificate has come. @returns the state afterwards; `undefined` when it is gone or has one already. */
  answer(id: number, certificateDer: Buffer): Promise<'issued' | 'stale' | undefined>
  /** The CA did not answer; a request that is superseded by now stays so. */
  giveUp(id: number): Promise<void>
  /** The CA has not decided: ask it again at this time, also for a request that is superseded by now. */
  postpone(id: number, dueMs: number): Promise<void>
  /**
   * A request that was due at `nowMs`, postponed to `untilMs` in the same step: one node gets it. A superseded one only when the CA
   * has not decided on it: then it knows of it, and its certificate will be a stale LSC.
   */
  takeDue(times: { nowMs: number; untilMs: number }): Promise<KeptRequest | undefined>
  remove(id: number): Promise<boolean>
  /** In order of id, read page by page. */
  list(filter?: RequestFilter): AsyncIterable<KeptRequest>
  count(filter?: RequestFilter): Promise<number>
}

/** How a request goes on when its session has ended: its certificate is on the phone, or the phone did not take it. */
export type RequestOutcome = { readonly id: number; readonly becomes: 'done' | 'superseded' }

/** The state of a request once a newer one, or another order, has taken its place. */
export const SUPERSEDED: { readonly [S in RequestState]: RequestState } = {
  waiting: 'superseded',
  unanswered: 'superseded',
  issued: 'stale',
  superseded: 'superseded',
  stale: 'stale',
}

/** The state of a request once its certificate has come; no row where that changes nothing. */
export const ANSWERED: { readonly [S in RequestState]?: 'issued' | 'stale' } = {
  waiting: 'issued',
  unanswered: 'issued',
  superseded: 'stale',
}

/** The state of a request once the CA has said that it has not decided; no row where that changes nothing. */
export const UNDECIDED: { readonly [S in RequestState]?: RequestState } = {
  waiting: 'waiting',
  unanswered: 'waiting',
  superseded: 'superseded',
}

/** States of the one request that a device's order is about. */
export const CURRENT = ['waiting', 'unanswered', 'issued'] as const satisfies RequestState[]
