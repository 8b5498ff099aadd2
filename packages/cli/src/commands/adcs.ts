import { start } from '../adcs/start.ts'
import type { AnyCommand } from '../command.ts'

export const commands: readonly AnyCommand[] = [start]
