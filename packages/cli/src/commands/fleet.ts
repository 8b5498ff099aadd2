import type { AnyCommand } from '../command.ts'
import { compare } from '../fleet/compare.ts'
import { plan } from '../fleet/plan.ts'
import { replay } from '../fleet/replay.ts'
import { report } from '../fleet/report.ts'
import { resume } from '../fleet/resume.ts'
import { run } from '../fleet/run.ts'
import { worker } from '../fleet/worker.ts'

export const commands: readonly AnyCommand[] = [run, worker, plan, resume, replay, report, compare]
