import type { Machine } from './machine.ts'
import type { Question } from './question.ts'

/** `unknown`: this system does not say. */
export type CheckVerdict = 'ok' | 'warning' | 'problem' | 'unknown'

/** What a check makes of what it found: both figures in words, and what to do where the row does not say it well enough. */
export type Judgement = { verdict: 'ok' | 'warning' | 'problem'; found: string; needed?: string; remedy?: string }

/** One thing that a doctor looks at. */
type CheckRow<T> = {
  /** What it is about, for documents. */
  readonly doc: string
  /** What to do about anything but `ok`. */
  readonly remedy: string
  /** A problem here makes a run worthless, and seeing it costs nothing: looked at before every run. */
  readonly beforeRun?: true
  /** `undefined` where the system does not say. */
  look(machine: Machine, question: Question, signal: AbortSignal): T | undefined | Promise<T | undefined>
  judge(found: T, question: Question): Judgement
}

/** A row of which only itself knows what it finds. */
export type Check = Pick<CheckRow<unknown>, 'doc' | 'remedy' | 'beforeRun'> & {
  examine(machine: Machine, question: Question, signal: AbortSignal): Promise<Judgement | undefined>
}

/** States a row, so that `judge` gets what `look` found by type. */
export const check = <T>({ look, judge, ...row }: CheckRow<T>): Check => ({
  ...row,
  examine: async (machine, question, signal) => {
    const found = await look(machine, question, signal)
    return found === undefined ? undefined : judge(found, question)
  },
})

/** Of what a run has no limit of its own for: more than this share is nearly used up. */
const NEARLY = 80

/** `problem` where it is not enough, `warning` where it is nearly used up. @param room.limit  what the run itself calls that, %. */
export const judgeRoom = (room: { has: number; needs: number; limit?: { limit: number } }): Judgement['verdict'] => {
  const { has, needs, limit: { limit } = { limit: NEARLY } } = room
  if (needs > has) return 'problem'
  return needs > (limit / 100) * has ? 'warning' : 'ok'
}

/** Figures as people read them. */
export const count = (value: number): string => (Number.isFinite(value) ? Math.floor(value).toLocaleString('en') : 'unlimited')
export const megabytes = (bytes: number): string => `${count(Math.ceil(bytes / 1e6))} MB`
