import { KEYS } from '../../packages/cli/src/index.ts'
import { FIGURE_NAMES, FIGURES, type FigureRow, RUN_STATES, SNAPSHOT_VERSION } from '../../packages/fleet/src/live/index.ts'
import { ACTIONS, ROUTES, UI_ERRORS } from '../../packages/fleet-ui/src/index.ts'
import { code, GENERATED, page, table } from './markdown.ts'

const metricOf = ({ metric: { name, labels = {} } }: FigureRow): string => {
  const set = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return code(set.length === 0 ? name : `${name}{${set.join(',')}}`)
}

const figureTable = (): string =>
  table(
    ['figure', 'unit', 'what it says', 'Prometheus, OTLP'],
    FIGURE_NAMES.map(name => {
      const row: FigureRow = FIGURES[name]
      return [code(name), row.unit, row.doc, metricOf(row)]
    }),
  )

const keyTable = (): string =>
  table(
    ['key', 'does'],
    KEYS.map(({ name, label, doc }) => [code(name), `${label}: ${doc}`]),
  )

const routeTable = (): string =>
  table(
    ['request', 'who', 'answers'],
    Object.values(ROUTES).map(({ method, path, who, doc }) => [
      code(`${method} ${path}`),
      who === 'token' ? 'the token' : 'everybody who reaches the address',
      doc,
    ]),
  )

const actionTable = (): string =>
  table(
    ['action', 'does'],
    Object.entries(ACTIONS).map(([name, { doc }]) => [code(name), doc]),
  )

const stateTable = (): string =>
  table(
    ['state', 'means'],
    Object.entries(RUN_STATES).map(([name, doc]) => [code(name), doc]),
  )

const refusalTable = (): string =>
  table(
    ['status', 'code', 'why'],
    Object.entries(UI_ERRORS).map(([name, { status, what }]) => [String(status), code(name), what]),
  )

export const livePage = (): string =>
  page([
    '# A run while it goes on',
    GENERATED,
    'What a fleet run shows while it goes on, and how it is steered: on a terminal, in a browser, over HTTP, for Prometheus and OpenTelemetry, and in code. All of it shows the same thing, a _snapshot_, at most one a second. The format is ours. Options: [commands.md](commands.md).',
    '## On a terminal',
    '`capf fleet run` draws a screen on stderr: state and phase, counts, rate and p99 over time, failures by reason, thresholds, the health of the generator, latencies of the last second and of the run. What does not fit the terminal is left out, the least important first. `NO_COLOR` is honoured. The terminal is as before when the run is over, however it ends. With keys that are pressed while a phase runs the run is steered:',
    keyTable(),
    'Where stderr is no terminal there are plain lines instead: one when something begins and ends, and one every five seconds. `--json-lines` prints a snapshot a line on stdout, `{"type":"snapshot",…}`, and the summary as the last line, `{"type":"summary",…}`.',
    '## In a browser',
    '`--ui HOST:PORT` serves a page with charts, failures, the health of the generator, thresholds, and the timeline of each phone: its operations with the time that each phase took, and for those that failed the messages on the wire. With `--out` every operation of a phone is found in the recording; without it, the last and the last failed operations of the run are kept in memory, a bounded number. The page is part of the package and asks nobody but the run.',
    'Everybody who reaches the address may watch; steering takes the token, which is in the fragment of the URL that is printed, so no browser sends it anywhere by itself. It is made for each run, unless `--ui-token` (better `CAPF_UI_TOKEN` or `--ui-token-file`) names one. The page is HTTP without TLS: listen on loopback and use a tunnel, or accept that whoever listens in between sees the run and the token.',
    '## Over HTTP',
    routeTable(),
    'Control is a `POST` of JSON, with `Authorization: Bearer TOKEN` and `Content-Type: application/json`:',
    '```sh\ncurl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d \'{"action":"rate","factor":1.5}\' http://127.0.0.1:8080/api/control\n```',
    actionTable(),
    'The answer is what the run is told to do by now: `{"factor":1.5,"paused":false,"draining":false,"stopping":false}`. A refusal is `{"error":{"code":…,"message":…}}`:',
    refusalTable(),
    'Requests whose `Host` is the name of another site are refused (DNS rebinding), control also when a browser says that it comes from another page. Tokens are compared in constant time. Headers, bodies, connections, watchers and searches are bounded; a reader of events that does not keep up is let go, and its browser connects again.',
    '## Snapshots',
    `\`LiveSnapshot\` of \`@capfkit/fleet/live\`, version ${SNAPSHOT_VERSION}: \`atMs\`, \`seconds\` since the first phase began, \`state\`, \`control\`, \`stage\`, \`run\`, \`phases\` of the plan, \`figures\`, \`failures\`, \`disturbances\`, \`stretches\` (time in each phase of an operation), \`processes\`, \`thresholds\`, \`warnings\`. New fields may come; the version is raised when an old reader would misread them. A figure that means nothing at the moment is absent.`,
    stateTable(),
    figureTable(),
    'Further series: `capf_fleet_failures_total{side,phase,reason}`, `capf_fleet_disturbances_total{fault,outcome}`, `capf_fleet_phase_seconds{phase,window,quantile}`, `capf_fleet_threshold_holds{threshold}`. Labels come from tables; none of them names a phone.',
    '## Prometheus and OpenTelemetry',
    '`--metrics HOST:PORT` serves `GET /metrics` as long as the run goes on, with the figures of all processes together. Percentiles are those of merged histograms of three digits; do not average them over runs. `--otlp URL` sends the same metrics every five seconds to an OpenTelemetry collector (OTLP over HTTP, JSON), and a last time at the end; headers by `--otlp-header NAME=VALUE`. A collector that takes nothing is told of once, and the run goes on.',
    '## In code',
    '`runFleet({ options, control, onProgress, onEnded })` takes a `FleetControl` and tells its progress; `LiveView` makes snapshots of that, `FleetUi` of `@capfkit/fleet-ui` serves the page, `fleetMetrics` and `OtlpPush` are the metrics.',
    "```ts\nimport { FleetControl, LiveView, runFleet } from '@capfkit/fleet'\n\nconst control = new FleetControl()\nconst view = new LiveView({ now: Date.now, control })\nawait runFleet({\n  options: { embedded: true, phones: 1000, rate: 100 },\n  control,\n  onProgress: progress => {\n    const { figures } = view.see(progress)\n    if ((figures.scheduledP99Ms ?? 0) > 500) control.setFactor(0.5)\n  },\n})\n```",
  ])
