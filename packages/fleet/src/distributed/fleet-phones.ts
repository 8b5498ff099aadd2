import type { Connections } from '@capfkit/server'
import type { FleetFile } from '../fleet-file/fleet-file.ts'
import type { EncodedPhone, Kept } from '../fleet-file/kept.ts'
import type { Identities } from '../identity.ts'
import { keepingQueries, phonesOf } from './phone-rows.ts'

const PAGE = 1_000

/** What a phone has, as it became so. */
const keptOf = ({ deviceName, model, mic, lsc, pendingKey, ended }: EncodedPhone): Kept[] => [
  { kind: 'made', deviceName, model, mic },
  ...(pendingKey && !ended ? [{ kind: 'madeKey', deviceName, model, ...pendingKey } as const] : []),
  ...(ended ? [{ kind: 'ended', deviceName, ...ended, lsc: { now: lsc }, pendingKey } as const] : []),
]

/**
 * Give the phones of a run what they have of earlier ones.
 *
 * @throws {FleetError} `FLEET_FILE`; ServerError a `STORE_*` code.
 */
export const givePhones = async (
  file: FleetFile,
  { connections, run, identities }: { connections: Connections; run: string; identities: Identities },
): Promise<void> => {
  for (let at = 0; at < identities.count; at += PAGE) {
    const kept: Kept[] = []
    for (let index = at; index < Math.min(identities.count, at + PAGE); index++) {
      const phone = file.encoded(identities.at(index).deviceName)
      // Its LSC goes with it, though this run has seen no session of it yet.
      if (phone) kept.push(...keptOf({ ...phone, ended: { operation: 'none', atMs: 0 } }))
    }
    await connections.transaction(async query => {
      for (const each of keepingQueries(run, kept)) await query(each)
    })
  }
}

/** Keep in the file what the phones of a run have now. @throws ServerError a `STORE_*` code. */
export const takePhones = async (
  file: FleetFile,
  { connections, run }: { connections: Connections; run: string },
): Promise<void> => {
  for await (const phones of phonesOf(connections, run)) {
    for (const phone of phones) for (const kept of keptOf(phone)) file.keep(kept)
    await file.flush()
  }
}
