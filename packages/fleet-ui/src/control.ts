import { FACTORS } from '@capfkit/fleet/live'

/** What this page needs of a run to steer it; a `FleetControl` of the fleet has it. */
export type RunControl = {
  readonly state: { readonly factor: number; readonly paused: boolean; readonly draining: boolean; readonly stopping: boolean }
  pause(): void
  resume(): void
  setFactor(factor: number): void
  drain(): void
  stop(): void
}

type ActionRow = { readonly doc: string; perform(control: RunControl, factor: number): void }

/** What a run can be told, one row an action: the server, the page and docs/live.md know these. */
export const ACTIONS = {
  pause: { doc: 'start nothing until `resume`; what runs may end', perform: control => control.pause() },
  resume: { doc: 'go on', perform: control => control.resume() },
  rate: {
    doc: `start \`factor\` times as fast as planned, or run so many times as many at once: ${FACTORS.min} to ${FACTORS.max}`,
    perform: (control, factor) => control.setFactor(factor),
  },
  drain: { doc: 'start nothing more and let what runs end', perform: control => control.drain() },
  stop: { doc: 'as `drain`, but what runs has a few seconds', perform: control => control.stop() },
} as const satisfies Record<string, ActionRow>

export type ActionName = keyof typeof ACTIONS

/** `{ "action": "rate", "factor": 1.5 }` as a value; a sentence where it is something else. */
export const parseAction = (text: string): { action: ActionName; factor: number } | string => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'the body is no JSON'
  }
  const { action, factor } = (typeof value === 'object' && value !== null ? value : {}) as { action?: unknown; factor?: unknown }
  if (typeof action !== 'string' || !Object.hasOwn(ACTIONS, action))
    return `action must be one of ${Object.keys(ACTIONS).join(', ')}`
  if (action !== 'rate') return { action: action as ActionName, factor: 1 }
  const isFactor = typeof factor === 'number' && factor >= FACTORS.min && factor <= FACTORS.max
  return isFactor ? { action, factor } : `factor must be a number from ${FACTORS.min} to ${FACTORS.max}`
}
