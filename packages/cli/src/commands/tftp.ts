import type { AnyCommand } from '../command.ts'
import { start } from '../tftp/start.ts'

export const commands: readonly AnyCommand[] = [start]
