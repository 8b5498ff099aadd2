import type { AnyCommand } from '../command.ts'
import { importCertificates } from '../request/cert-import.ts'

export const commands: readonly AnyCommand[] = [importCertificates]
