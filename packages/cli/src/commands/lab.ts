import type { AnyCommand } from '../command.ts'
import { up } from '../lab/up.ts'

export const commands: readonly AnyCommand[] = [up]
