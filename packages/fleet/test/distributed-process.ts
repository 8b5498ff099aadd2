import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { type FleetWorkerInit, runDistributed, runFleetWorker } from '../src/index.ts'

/** What one of the parties of a distributed run does in a process of its own. */
type Task =
  | { role: 'worker'; init: Omit<FleetWorkerInit, 'signal' | 'onSay'> }
  | { role: 'coordinator'; init: Pick<Parameters<typeof runDistributed>[0], 'options' | 'coordinator'> }

const perform = async ({ role, init }: Task): Promise<void> => {
  if (role === 'worker') await runFleetWorker({ ...init, signal: new AbortController().signal })
  else await runDistributed({ ...init, coordinator: { ...init.coordinator, onSay: () => {} } })
}

if (process.argv[2] === 'task') process.once('message', (task: Task) => perform(task).finally(() => process.disconnect()))

/** One party that a test kills. */
export class Victim implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>

  constructor(task: Task) {
    // In a group with its client processes, so that all of it can be stopped at once.
    this.#child = fork(import.meta.filename, ['task'], { detached: true })
    this.#gone = new Promise(resolve => this.#child.once('exit', () => resolve()))
    this.#child.send(task)
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** As a machine that is suspended for a while. */
  async standStill(ms: number): Promise<void> {
    process.kill(-this.#child.pid!, 'SIGSTOP')
    await delay(ms)
    process.kill(-this.#child.pid!, 'SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill()
  }
}
