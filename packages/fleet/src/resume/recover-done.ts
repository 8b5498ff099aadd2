import { parseCertificate } from '@capfkit/pki'
import type { DeviceStore } from '@capfkit/server'
import type { FleetFile } from '../fleet-file/fleet-file.ts'
import type { Identities } from '../identity.ts'
import type { Plan, PlannedOperation } from '../plan/plan.ts'
import { hadTurn, type PhaseStanding } from '../plan/remainder.ts'
import { operationOf, participantsOf } from '../plan/sequence.ts'

/** A device that the server had done before the generator had recorded it. */
export type RecoveredTurn = {
  readonly index: number
  readonly operation: PlannedOperation
  readonly deviceName: string
  /** The certificate that it has now by the store. */
  readonly certificateDer: Buffer | undefined
}

/**
 * Find the devices of a phase that are done though no record says so: everything was ordered, and their order is no longer pending.
 * A server takes an order away when it has been carried out, and for nothing else.
 */
export const recoverDone = async (
  store: DeviceStore,
  place: { plan: Plan; number: number; identities: Identities; standing: PhaseStanding },
): Promise<RecoveredTurn[]> => {
  const { plan, number, identities, standing } = place
  const phase = plan.phases[number]!
  // Where devices come again, an order is placed for each turn: that none is pending says nothing of how many there were.
  if (phase.devices === 'again') return []
  const participants = participantsOf(place)
  const recovered: RecoveredTurn[] = []
  for (let position = 0; position < participants.length; position++) {
    const index = participants.at(position)
    if (hadTurn(standing, index)) continue
    const { deviceName } = identities.at(index)
    const device = await store.get(deviceName)
    if (device?.operation !== 'none') continue
    const operation = operationOf(phase, { seed: plan.options.seed, index, round: number, lap: 0 })
    recovered.push({ index, operation, deviceName, certificateDer: device.certificate?.certificateDer })
  }
  return recovered
}

/**
 * Give the phones what became of them: the certificate with the key that they had made for it, or none any more.
 *
 * @throws {FleetError} `FLEET_FILE`.
 */
export const keepRecovered = async (fleet: FleetFile, recovered: readonly RecoveredTurn[]): Promise<void> => {
  for (const { deviceName, operation, certificateDer } of recovered) {
    const key = fleet.read(deviceName)?.pendingKey
    const fits = key && certificateDer && parseCertificate(certificateDer).publicKeyDer.equals(key.publicKeyDer)
    if (operation === 'install' && !fits) continue
    const lsc =
      operation === 'install' && fits ? { now: { certificateDer, key } } : operation === 'delete' ? { now: undefined } : undefined
    fleet.keep({ kind: 'ended', deviceName, operation, atMs: Date.now(), lsc, pendingKey: lsc?.now ? undefined : key })
  }
  await fleet.flush()
}

/** How far the phase has come with those. */
export const withRecovered = (standing: PhaseStanding, recovered: readonly RecoveredTurn[]): PhaseStanding => {
  const had = Uint8Array.from(standing.had)
  for (const { index } of recovered) had[index >> 3]! |= 1 << (index & 7)
  return { ...standing, had, turns: standing.turns + recovered.length }
}
