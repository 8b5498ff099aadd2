import type { AnyCommand } from '../command.ts'
import { demo } from '../fleet/demo.ts'

export const commands: readonly [AnyCommand] = [demo]
