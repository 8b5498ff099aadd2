import type { AnyCommand } from '../command.ts'
import { generate } from '../keys/generate.ts'
import { show } from '../keys/show.ts'

export const commands: readonly AnyCommand[] = [generate, show]
