import type { FindingName } from '../findings/index.ts'

/** What the status of a device names as the way in which an order that is no install failed. */
export const WAYS_TO_FAIL: readonly FindingName[] = [
  'phone-lost',
  'wrong-auth-string',
  'invalid-credentials',
  'invalid-lsc',
  'invalid-mic',
  'operation-expired',
  'key-generation-timeout',
]
