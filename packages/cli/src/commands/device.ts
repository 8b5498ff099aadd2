import type { AnyCommand } from '../command.ts'
import { add } from '../device/add.ts'
import { exportDevices } from '../device/export.ts'
import { importDevices } from '../device/import.ts'
import { list } from '../device/list.ts'
import { remove } from '../device/remove.ts'
import { set } from '../device/set.ts'
import { show } from '../device/show.ts'

export const commands: readonly AnyCommand[] = [add, list, show, set, remove, importDevices, exportDevices]
