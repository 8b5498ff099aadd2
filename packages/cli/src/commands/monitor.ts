import type { AnyCommand } from '../command.ts'
import { check } from '../monitor/check.ts'
import { regenerate } from '../monitor/regenerate.ts'
import { report } from '../monitor/report.ts'

export const commands: readonly AnyCommand[] = [check, report, regenerate]
