import type { AnyCommand } from '../command.ts'
import { count } from '../request/csr-count.ts'
import { remove } from '../request/csr-delete.ts'
import { dump } from '../request/csr-dump.ts'
import { list } from '../request/csr-list.ts'

export const commands: readonly AnyCommand[] = [list, dump, count, remove]
