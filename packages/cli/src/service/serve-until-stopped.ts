import type { OptionsOf } from '@capfkit/codec/options'
import { formatAddress } from '@capfkit/listen'
import type { ExitCode } from '../exit-codes.ts'
import { type Io, note, print } from '../io.ts'
import { type BehindDoors, type DOOR_OPTIONS, openDoors } from './doors.ts'
import { type Running, UntilStopped } from './until-stopped.ts'

/** What one service has of its own. */
export type Serving = Running &
  Pick<BehindDoors, 'metrics' | 'further'> & {
    /** Always, without it. */
    isHealthy?(): boolean
    /** What `GET /status` answers, beside the version. */
    status(): object
    /** What the line on stdout says with `--json`, beside the version and the doors. */
    readonly ready: object
    /** What it says without. */
    readonly listening: string
  }

type Asked = { readonly options: OptionsOf<typeof DOOR_OPTIONS> & { readonly json: boolean }; readonly io: Io }

/**
 * Open the doors of a service that has started, say in one line that it is ready, and wait until it is stopped. The doors are
 * closed at the end; the service is the caller's to dispose of.
 *
 * @throws {CliError} `CLI_ADMIN_OPEN`, `CLI_DOOR_CLOSED`
 */
export const serveUntilStopped = async (serving: Serving, { options, io }: Asked): Promise<ExitCode> => {
  const { metrics, isHealthy = () => true, further = {}, status, reload, ready, listening } = serving
  using until = new UntilStopped(serving, io)
  const actions = {
    status: () => ({ version: 1, ...status() }),
    reload: async () => ({ said: await reload() }),
    drain: () => {
      setImmediate(until.drain)
      return { draining: true }
    },
  }
  const doors = await openDoors(options, { metrics, isHealthy, actions, further })
  try {
    for (const { name, door } of doors) note(io, `${name} on http://${formatAddress(door.address)}`)
    const addresses = Object.fromEntries(doors.map(({ name, door }) => [name, door.address]))
    print(io, options.json ? JSON.stringify({ version: 1, ...ready, ...addresses }) : `listening on ${listening}`)
    return await until.stopped
  } finally {
    for (const { door } of doors) await door[Symbol.asyncDispose]()
  }
}
