import { type ChildProcess, fork } from 'node:child_process'
import {
  type FleetSummary,
  type FleetWorkerInit,
  type ResumeDistributedInit,
  resumeDistributed,
  runDistributed,
  runFleetWorker,
} from '../src/index.ts'

/** What one of the parties of a distributed run does in a process of its own, which a test may kill. */
type Task =
  | { role: 'worker'; init: Omit<FleetWorkerInit, 'signal'> }
  | { role: 'run'; init: Parameters<typeof runDistributed>[0] }
  | { role: 'resume'; init: Omit<ResumeDistributedInit, 'control' | 'signal'> }

type Told = { said: string } | { summary: FleetSummary } | { error: string }

const tell = (told: Told) => process.send?.(told)

const perform = async ({ role, init }: Task): Promise<void> => {
  const onSay = (said: string) => tell({ said })
  if (role === 'worker') {
    const controller = new AbortController()
    process.once('SIGTERM', () => controller.abort())
    await runFleetWorker({ ...init, signal: controller.signal, onSay })
    return
  }
  const coordinator = { ...init.coordinator, onSay }
  const summary =
    role === 'run' ? await runDistributed({ ...init, coordinator }) : await resumeDistributed({ ...init, coordinator })
  tell({ summary })
}

if (process.argv[2] === 'task') {
  process.once('message', (task: Task) => {
    perform(task)
      .catch((error: Error) => tell({ error: error.message }))
      .finally(() => process.disconnect())
  })
}

/** One party, from outside. */
export class Party implements AsyncDisposable {
  readonly said: string[] = []
  summary: FleetSummary | undefined
  error: string | undefined
  readonly #child: ChildProcess
  readonly #gone: Promise<void>

  constructor(task: Task) {
    this.#child = fork(import.meta.filename, ['task'], { serialization: 'advanced' })
    this.#gone = new Promise(resolve => this.#child.once('exit', () => resolve()))
    this.#child.on('message', (told: Told) => {
      if ('said' in told) this.said.push(told.said)
      else if ('summary' in told) this.summary = told.summary
      else this.error = told.error
    })
    // What it says it says by its messages.
    this.#child.send({ ...task, init: JSON.parse(JSON.stringify(task.init)) })
  }

  get gone(): Promise<void> {
    return this.#gone
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    await this.#gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill('SIGKILL')
  }
}
