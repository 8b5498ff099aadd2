import type { AnyCommand } from '../command.ts'
import { cacerts } from '../est/cacerts.ts'
import { csrattrs } from '../est/csrattrs.ts'
import { enroll } from '../est/enroll.ts'
import { reenroll } from '../est/reenroll.ts'

export const commands: readonly AnyCommand[] = [cacerts, csrattrs, enroll, reenroll]
