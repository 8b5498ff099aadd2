import type { AnyCommand } from '../command.ts'
import { boot } from '../phone/boot.ts'
import { enrol } from '../phone/enrol.ts'

export const commands: readonly AnyCommand[] = [boot, enrol]
