import type { OptionsOf } from '@capfkit/codec/options'
import { SERVER_OPTIONS } from '@capfkit/server'
import { JSON_OPTION } from '../command.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'

export const START_OPTIONS = { ...SERVER_OPTIONS, ...DOOR_OPTIONS, ...JSON_OPTION } as const
export type StartOptions = OptionsOf<typeof START_OPTIONS>
