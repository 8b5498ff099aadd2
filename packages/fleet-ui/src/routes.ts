/** Who may ask: `anyone` who reaches the address, or who has the `token`. */
type RouteRow = { readonly method: 'GET' | 'POST'; readonly path: string; readonly who: 'anyone' | 'token'; readonly doc: string }

/** What can be asked of a run under way: the server and docs/live.md walk this table. The page itself is everything else. */
export const ROUTES = {
  snapshot: { method: 'GET', path: '/api/snapshot', who: 'anyone', doc: 'the last snapshot, JSON' },
  events: {
    method: 'GET',
    path: '/api/events',
    who: 'anyone',
    doc: 'server-sent events: `snapshot`, one a second, the present one first; ends with the run',
  },
  history: { method: 'GET', path: '/api/history', who: 'anyone', doc: 'the figures of the run so far, at most 600 points, JSON' },
  operations: {
    method: 'GET',
    path: '/api/operations',
    who: 'anyone',
    doc: 'operations that ended last, and those that failed last, JSON',
  },
  phone: {
    method: 'GET',
    path: '/api/phone',
    who: 'anyone',
    doc: '`?name=NAME`: the operations of one phone with their phases, and the frames of those that failed, JSON',
  },
  control: {
    method: 'POST',
    path: '/api/control',
    who: 'token',
    doc: '`{ "action": … }`, JSON: see below; answers what the run is told to do now',
  },
} as const satisfies Record<string, RouteRow>

export type RouteName = keyof typeof ROUTES

export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[]
