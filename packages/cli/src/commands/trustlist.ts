import type { AnyCommand } from '../command.ts'
import { build } from '../trustlist/build.ts'
import { diff } from '../trustlist/diff.ts'
import { reset } from '../trustlist/reset.ts'
import { show } from '../trustlist/show.ts'
import { verify } from '../trustlist/verify.ts'

export const commands: readonly AnyCommand[] = [show, verify, build, diff, reset]
