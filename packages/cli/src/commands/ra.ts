import type { AnyCommand } from '../command.ts'
import { count, dump, importCertificates, list, remove } from '../ra/requests.ts'
import { start } from '../ra/start.ts'

export const commands: readonly AnyCommand[] = [start, list, count, dump, remove, importCertificates]
