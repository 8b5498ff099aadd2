import type { AnyCommand } from '../command.ts'
import { remove } from '../request/stale-delete.ts'
import { list } from '../request/stale-list.ts'
import { view } from '../request/stale-view.ts'

export const commands: readonly AnyCommand[] = [list, view, remove]
