import type { AnyCommand } from '../command.ts'
import { start } from '../tvs/start.ts'
import { verify } from '../tvs/verify.ts'

export const commands: readonly AnyCommand[] = [start, verify]
