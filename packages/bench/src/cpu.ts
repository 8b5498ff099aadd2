import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Clock ticks a second of the kernel's process accounting (100 on every Linux that we know, but asked all the same). */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** The times of a process, ms. Linux: /proc/PID/stat, fields 14 and 15; 16 and 17 are those of its children that have ended. */
const timesOf = (pid: number): { own: number; ended: number } => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number)
  const ms = (ticks: number) => (ticks * 1000) / ticksPerSecond
  return { own: ms(user + system), ended: ms(endedUser + endedSystem) }
}

/** User and system time that a process has used, ms. */
export const cpuMsOf = (pid: number): number => timesOf(pid).own

/** The same of a process with its children, also those that have ended. */
export const cpuMsOfFamily = (pid: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  const { own, ended } = timesOf(pid)
  return children.reduce((sum, child) => sum + (existsSync(`/proc/${child}`) ? cpuMsOf(Number(child)) : 0), own + ended)
}
