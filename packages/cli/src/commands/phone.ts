import type { AnyCommand } from '../command.ts'
import { enrol } from '../phone/enrol.ts'

export const commands: readonly AnyCommand[] = [enrol]
