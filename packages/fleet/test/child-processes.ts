import { execFileSync } from 'node:child_process'

/** Process ids of the children of this process that run such a program. */
export const childrenRunning = (program: 'client-process' | 'worker-process'): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap(line => {
      const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return Number(parent) === process.pid && args.includes(program) ? [Number(pid)] : []
    })
