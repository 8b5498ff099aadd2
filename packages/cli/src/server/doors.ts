import { type GroupReport, MetricsServer, ServerError } from '@capfkit/server'
import { type Address, parseAddress } from '../address.ts'
import { CliError } from '../errors.ts'
import { type AdminActions, AdminDoor } from './admin-door.ts'
import type { StartOptions } from './options.ts'

type Door = AsyncDisposable & { readonly address: Address }
export type OpenDoor = { readonly name: 'metrics' | 'admin'; readonly door: Door }

const closed = (flag: string) => (cause: unknown) => {
  if (!(cause instanceof ServerError)) throw cause
  const why = cause.cause instanceof Error ? cause.cause.message : cause.message
  throw new CliError('CLI_DOOR_CLOSED', { where: flag, detail: `the address cannot be listened on: ${why}`, cause })
}

/** Open what `--metrics` and `--admin` ask for. Both end with the server. */
export const openDoors = async (
  { metrics, admin, adminToken }: Pick<StartOptions, 'metrics' | 'admin' | 'adminToken'>,
  { report, actions }: { report: () => GroupReport; actions: AdminActions },
): Promise<OpenDoor[]> => {
  const doors: OpenDoor[] = []
  if (metrics !== undefined) {
    const door = await MetricsServer.start({ ...parseAddress(metrics), report }).catch(closed('--metrics'))
    doors.push({ name: 'metrics', door })
  }
  if (admin === undefined) return doors
  try {
    const door = await AdminDoor.open({ ...parseAddress(admin), token: adminToken, actions }).catch(closed('--admin'))
    return [...doors, { name: 'admin', door }]
  } catch (error) {
    for (const { door } of doors) await door[Symbol.asyncDispose]()
    throw error
  }
}
