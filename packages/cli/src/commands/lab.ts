import type { AnyCommand } from '../command.ts'
import { list } from '../lab/list.ts'
import { run } from '../lab/run.ts'
import { up } from '../lab/up.ts'

export const commands: readonly AnyCommand[] = [up, list, run]
