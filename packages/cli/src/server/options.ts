import { type OptionsOf, optionalText } from '@capfkit/codec/options'
import { SERVER_OPTIONS, type ServerOptions } from '@capfkit/server'
import { ADDRESS } from '../address.ts'
import { JSON_OPTION } from '../command.ts'

/** What only the command has, beside the options of the server itself. */
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

export const START_OPTIONS = { ...SERVER_OPTIONS, ...DOOR_OPTIONS, ...JSON_OPTION } as const
export type StartOptions = OptionsOf<typeof START_OPTIONS>

/** The options that are the server's own. */
export const serverOptionsOf = (options: StartOptions): ServerOptions =>
  Object.fromEntries(Object.keys(SERVER_OPTIONS).map(name => [name, options[name as keyof ServerOptions]])) as ServerOptions
