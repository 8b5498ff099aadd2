import { type OptionsOf, optionalText } from '@capfkit/codec/options'
import { ADDRESS, type Address, ListenError, type MetricsInit, MetricsServer, parseAddress } from '@capfkit/listen'
import { CliError } from '../errors.ts'
import { type AdminActions, AdminDoor, type FurtherActions } from './admin-door.ts'

/** What only the command of a service has, beside the options of the service itself. */
export const DOOR_OPTIONS = {
  metrics: optionalText({
    ...ADDRESS,
    doc: 'Serve GET /metrics (Prometheus text: counts only) and GET /healthz there, without authentication.',
  }),
  admin: optionalText({
    ...ADDRESS,
    doc: 'Serve GET /status, POST /reload and POST /drain (JSON) there. Beyond this machine only with --admin-token.',
  }),
  adminToken: optionalText({ doc: 'What callers of --admin must send: Authorization: Bearer TOKEN.', secret: true }),
} as const

type Door = AsyncDisposable & { readonly address: Address }
type OpenDoor = { readonly name: 'metrics' | 'admin'; readonly door: Door }

/** Turns a listener's error into that of the flag which asked for it. */
export const closedDoor = (flag: string) => (cause: unknown) => {
  if (!(cause instanceof ListenError)) throw cause
  const why = cause.cause instanceof Error ? cause.cause.message : cause.message
  throw new CliError('CLI_DOOR_CLOSED', { where: flag, detail: `the address cannot be listened on: ${why}`, cause })
}

/** What is behind the doors of a service. */
export type BehindDoors = Pick<MetricsInit, 'metrics' | 'isHealthy'> & {
  readonly actions: AdminActions
  readonly further?: FurtherActions
}

/** Open what `--metrics` and `--admin` ask for. Both end with the service. */
export const openDoors = async (
  { metrics, admin, adminToken }: OptionsOf<typeof DOOR_OPTIONS>,
  { actions, further = {}, ...measured }: BehindDoors,
): Promise<OpenDoor[]> => {
  const doors: OpenDoor[] = []
  if (metrics !== undefined) {
    const door = await MetricsServer.start({ ...parseAddress(metrics), ...measured }).catch(closedDoor('--metrics'))
    doors.push({ name: 'metrics', door })
  }
  if (admin === undefined) return doors
  try {
    const door = await AdminDoor.open({ ...parseAddress(admin), token: adminToken, actions, further }).catch(closedDoor('--admin'))
    return [...doors, { name: 'admin', door }]
  } catch (error) {
    for (const { door } of doors) await door[Symbol.asyncDispose]()
    throw error
  }
}
