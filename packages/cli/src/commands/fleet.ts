import type { AnyCommand } from '../command.ts'
import { run } from '../fleet/run.ts'

export const commands: readonly AnyCommand[] = [run]
