import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Child processes start as they do for a user, without the loaders of the test runner, which take longer than the program. */
export const startChildrenPlainly = (): void => {
  process.execArgv = []
  delete process.env.NODE_OPTIONS
  // As `pnpm start` has it.
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../../node_modules/.cache/compile')
}

/** Process ids of the children of this process that run such a program. */
export const childrenRunning = (program: 'client-process' | 'worker-process'): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap(line => {
      const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return Number(parent) === process.pid && args.includes(program) ? [Number(pid)] : []
    })
