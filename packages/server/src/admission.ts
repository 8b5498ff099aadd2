import type { MessageOf } from '@capfkit/codec/capf'
import { authenticate, type Refusal } from './authentication.ts'
import { type Device, formatCompletesBy, keySpecFor, type Operation } from './device.ts'
import { isAway } from './errors.ts'
import { Installation } from './installation.ts'
import type { SessionEvent } from './machine.ts'
import type { SessionContext } from './session-context.ts'
import type { Lease } from './store/store.ts'

/** What became of a phone's AUTH_RESPONSE: the event for the machine, and what the session keeps. */
export type Admission = {
  event: SessionEvent
  detail?: string
  device?: Device
  lease?: Lease
  /** What an install asks for, or already has. */
  install?: Installation
  wrongString?: true
}

export type AdmissionInput = { context: SessionContext; response: MessageOf<'AUTH_RESPONSE'>; sessionId: number }

const OPERATION_EVENTS = { install: 'DEVICE_INSTALL', delete: 'DEVICE_DELETE', troubleshoot: 'DEVICE_TROUBLESHOOT' } as const

const refused = (refusal: Refusal): Admission => ({
  event: { name: 'DEVICE_REFUSED', status: refusal.status },
  detail: refusal.detail,
  ...(refusal.wrongString ? { wrongString: true } : {}),
})

/** May this phone have its order carried out, and if so, which? The device is claimed already. */
const judge = async ({ context, response, sessionId }: AdmissionInput, device: Device): Promise<Admission> => {
  const at = context.now()
  const { requireSudi } = context.options
  const refusal = authenticate({ device, response, sessionId, trust: context.trust, at, requireSudi })
  if (refusal) return refused(refusal)
  if (device.completesBy !== undefined && device.completesBy <= formatCompletesBy(at))
    return refused({ status: 'CAPF_OP_FAIL_LATE_REQUEST', detail: `Operation Completes By ${device.completesBy} has passed` })
  const operation = device.operation as Exclude<Operation, 'none'>
  if (operation !== 'install') return { event: { name: OPERATION_EVENTS[operation] } }
  const keySpec = keySpecFor(device, response.version)
  if (!keySpec)
    return refused({
      status: 'CAPF_OP_FAIL_EC_ONLY',
      detail: `key order EC only, but the phone speaks version ${response.version}`,
    })
  const { issuer } = context
  const resumed = await issuer.resume?.({ deviceName: device.name, keySpec })
  if (!resumed) return { event: { name: 'DEVICE_INSTALL' }, install: new Installation({ issuer, keySpec }) }
  if ('waits' in resumed) return { event: { name: 'DEVICE_WAIT', status: resumed.waits.status }, detail: resumed.waits.message }
  return { event: { name: 'DEVICE_STORE' }, install: new Installation({ issuer, keySpec, issued: resumed.issued }) }
}

const whyNotClaimed = async ({ context, response }: AdmissionInput): Promise<Admission> => {
  const device = await context.store.get(response.deviceName)
  if (!device) return { event: { name: 'DEVICE_UNKNOWN' }, detail: 'no device of this name in the store' }
  if (device.operation === 'none') return { event: { name: 'DEVICE_IDLE' } }
  return { event: { name: 'DEVICE_BUSY' }, detail: 'another session has this device' }
}

/**
 * Claim the device that a phone names, and judge what the phone showed.
 *
 * The claim comes before the check, so that strings cannot be tried in parallel past the lock. Never rejects: a store that
 * fails is a DB_FAILED or DB_AWAY event, and its lease is left to the node to end.
 */
export const admit = async (input: AdmissionInput): Promise<Admission> => {
  const { context, response } = input
  const lease = { name: response.deviceName, node: context.node, token: context.newToken() }
  try {
    const device = await context.store.claim(lease)
    return device ? { device, lease, ...(await judge(input, device)) } : await whyNotClaimed(input)
  } catch (error) {
    context.orphan(lease)
    const comesAgain = context.options.storeAway === 'retry-later' && isAway(error)
    return { event: { name: comesAgain ? 'DB_AWAY' : 'DB_FAILED' }, detail: error instanceof Error ? error.message : String(error) }
  }
}
