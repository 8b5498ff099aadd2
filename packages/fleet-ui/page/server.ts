import type { EncodedHistory, LiveSnapshot, PhoneTimeline, RecentOperations } from '@capfkit/fleet/live'
import type { ActionName } from '../src/control.ts'
import { ROUTES } from '../src/routes.ts'

const KEPT_AS = 'capf-fleet-token'

/**
 * The token comes in the fragment of the URL, which no browser sends to a server, and is kept for this window alone: the address bar
 * does not show it any longer than needed.
 */
const takeToken = (): string | undefined => {
  const [, given] = /^#token=(.+)$/.exec(location.hash) ?? []
  if (given !== undefined) {
    sessionStorage.setItem(KEPT_AS, decodeURIComponent(given))
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(KEPT_AS) ?? undefined
}

const token = takeToken()

export const mayControl = token !== undefined

const TIMEOUT_MS = 30_000

/** The sentence of a refusal, without its code. */
const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const body = (await response.json()) as T & { error?: { message: string } }
  if (!response.ok) throw new Error(body.error?.message ?? `the server answers ${response.status}`)
  return body
}

export const askHistory = (): Promise<EncodedHistory> => ask(ROUTES.history.path)
export const askOperations = (): Promise<RecentOperations> => ask(ROUTES.operations.path)
export const askPhone = (name: string): Promise<PhoneTimeline> => ask(`${ROUTES.phone.path}?name=${encodeURIComponent(name)}`)

/** Tell the run what to do. */
export const tellRun = (action: ActionName, factor?: number): Promise<unknown> =>
  ask(ROUTES.control.path, {
    method: ROUTES.control.method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ action, factor }),
  })

/** Hear of every snapshot until the run has ended; the browser connects again by itself. */
export const watch = (hear: { snapshot(snapshot: LiveSnapshot): void; connection(isThere: boolean): void }): void => {
  const events = new EventSource(ROUTES.events.path)
  let isOver = false
  events.onopen = () => hear.connection(true)
  events.onerror = () => {
    // The end of the stream is the end of the run, or the run is gone.
    if (!isOver) hear.connection(false)
  }
  events.addEventListener('snapshot', ({ data }) => {
    const snapshot = JSON.parse(data as string) as LiveSnapshot
    isOver = snapshot.state === 'ended'
    hear.snapshot(snapshot)
    if (isOver) events.close()
  })
}
