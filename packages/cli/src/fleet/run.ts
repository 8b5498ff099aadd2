import { OptionError, parseOptions } from '@capfkit/codec/options'
import {
  COORDINATOR_OPTIONS,
  type CoordinatorOptions,
  FLEET_OPTIONS,
  FleetControl,
  type FleetOptions,
  type FleetProgress,
  type FleetSummary,
  type RunFleetInit,
  runDistributed,
  runFleet,
  troubleBefore,
} from '@capfkit/fleet'
import { isDatabase } from '@capfkit/server'
import { command } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { flagName } from '../frame/names.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { plain } from '../screen-table.ts'
import { version } from '../version.ts'
import { LiveRun } from './live/live-run.ts'
import { LIVE_OPTIONS, type LiveOptions } from './live/options.ts'
import { loadPlan, statedOptions } from './plan-file.ts'
import { quoted, repeatLine, repeatPlanLine } from './repeat.ts'
import { summaryLines } from './summary-screen.ts'

/** How a run ended, as an exit code: what makes the figures worthless comes first. */
export const exitOf = ({ stopped, unreachable, verdict, tooManyFailed, thresholds }: FleetSummary): ExitCode => {
  if (stopped) return EXIT.stopped
  if (unreachable) return EXIT.unreachable
  const missed = thresholds.filter(({ ok }) => !ok)
  const onlyFigures = !tooManyFailed && missed.length > 0 && missed.every(({ says }) => says === 'figures')
  return { pass: EXIT.pass, fail: onlyFigures ? EXIT.threshold : EXIT.failed, invalid: EXIT.invalid }[verdict]
}

const asFlag = (word: string) => (Object.hasOwn(FLEET_OPTIONS, word) ? `--${flagName(word)}` : word)

/** What the fleet says of its options, a line each, in the words of the command line. */
export const inFlags = (error: unknown): unknown =>
  error instanceof OptionError
    ? new MistakesError(
        error.problems.map(({ sentence, code }) => {
          const words = sentence.replace(/^(\w+)( and )?(\w+)?/, (_, first: string, and = '', second = '') =>
            and === '' ? asFlag(first) + second : asFlag(first) + and + asFlag(second),
          )
          return `${words} (${code})`
        }),
      )
    : error

type Steered = Pick<RunFleetInit, 'signal' | 'control' | 'onProgress' | 'onEnded'> & {
  /** Hears what is worth a line. */
  onSay: (sentence: string) => void
}

const withFlags = async <T>(start: () => Promise<T>): Promise<T> => {
  try {
    return await start()
  } catch (error) {
    throw inFlags(error)
  }
}

/** What would make the run worthless, and costs nothing to see. */
const warnBefore = async (io: Io, asked: Parameters<typeof troubleBefore>[0]): Promise<void> => {
  for (const { name, found, needed, remedy } of await troubleBefore(asked))
    note(io, `${painter(io.stderr, io)('yellow', 'warning')}: ${name}: ${found}, needed: ${needed}; ${remedy}`)
}

/**
 * Show on stderr how a run goes, and its summary on stdout.
 *
 * @param how.folder  where it is recorded, if it is.
 * @param how.repeat  how to do the same again.
 */
export const showRun = async (
  io: Io,
  how: {
    start: (init: Steered) => Promise<FleetSummary>
    live: LiveOptions
    folder: string | undefined
    repeat?: string
  },
): Promise<ExitCode> => {
  const { start, live, folder, repeat } = how
  const control = new FleetControl()
  let hasBegun = false
  const sayHowToGoOn = () => {
    if (folder !== undefined) note(io, `go on with: capf fleet resume ${quoted(folder)}`)
  }
  const lastWords = () => {
    if (!hasBegun) return
    shown.end()
    sayHowToGoOn()
  }
  using interruption = new Interruption(io, { lastWords })
  await using shown = await LiveRun.start(io, { options: live, control, folder })
  interruption.signal.addEventListener('abort', () => {
    shown.say('stopping: nothing more starts, running sessions have five seconds to end')
    control.stop()
  })
  const { signal } = interruption
  const { onProgress, ...hooks } = shown.hooks
  const hear = (progress: FleetProgress) => {
    hasBegun ||= progress.stage === 'phase'
    onProgress?.(progress)
  }
  const summary = await withFlags(() => start({ signal, control, ...hooks, onProgress: hear, onSay: line => shown.say(line) }))
  shown.end()
  if (live.jsonLines) print(io, JSON.stringify({ type: 'summary', ...summary }))
  else if (live.json) print(io, JSON.stringify(summary))
  else for (const line of summaryLines(io, summary)) print(io, line)
  const { planned, done, failed, skipped, disturbed } = summary
  if (done + failed + skipped + disturbed < planned) sayHowToGoOn()
  if (repeat !== undefined) note(io, repeat)
  return exitOf(summary)
}

type Asked = {
  options: FleetOptions
  live: LiveOptions
  coordinator?: CoordinatorOptions
  plan?: RunFleetInit['plan']
  repeat?: string
}

/** Run a fleet as its options say, and its plan where there is one. */
export const runAndShow = async (io: Io, asked: Asked): Promise<ExitCode> => {
  const { options, live, plan, coordinator = { workers: 0 } } = asked
  const { store } = options
  const { workers } = coordinator
  const onDatabase = store !== undefined && isDatabase(store)
  const isLed = onDatabase && workers > 0
  const repeat = asked.repeat ?? repeatLine({ ...options, ...(onDatabase ? coordinator : {}) })
  // Of a distributed run this machine runs no phones.
  if (!isLed) await withFlags(() => warnBefore(io, { ...plan, options }))
  const start = ({ onSay, ...steered }: Steered) => {
    const init = { ...steered, options, ...(plan ? { plan } : {}) }
    return isLed ? runDistributed({ ...init, coordinator: { store, workers, version: version(), onSay } }) : runFleet(init)
  }
  return showRun(io, { start, live, folder: isLed ? undefined : options.out, repeat })
}

/** As {@link runAndShow}, with what is stated beside the plan going before it. */
const runPlan = async (
  io: Io,
  { file, live, coordinator, first }: { file: string; first: Partial<FleetOptions> } & Pick<Asked, 'live' | 'coordinator'>,
) => {
  const { title, options: stated, plan } = await loadPlan(file, { io, first })
  if (title !== undefined) note(io, plain(title))
  const options = parseOptions(FLEET_OPTIONS, stated)
  const statedWorkers = coordinator?.workers === COORDINATOR_OPTIONS.workers.default ? {} : coordinator
  return runAndShow(io, {
    options,
    live,
    ...(coordinator ? { coordinator } : {}),
    plan,
    repeat: repeatPlanLine(file, { ...first, seed: options.seed, ...statedWorkers }),
  })
}

export const run = command({
  name: 'run',
  doc: 'Have many simulated phones contact a CAPF server, and measure it',
  details:
    'Latency is counted from the moment that the schedule names and from the real start. With --embedded or --store the fleet orders the operations itself; otherwise phones do what the server has pending for them.',
  examples: [
    ['fleet run --embedded --phones 1000 --concurrency 64', 'Enrol a thousand phones with a server of our own'],
    [
      'fleet run --server 127.0.0.1:3804 --capf-certificate capf.pem --store sqlite:capf.db --phones 500 --rate 50',
      'Fifty sessions a second against a running server',
    ],
    [
      'fleet run storm.yaml --store postgres://capf@db/capf --workers 3',
      'On three machines, each with capf fleet worker; the servers have the same store',
    ],
    ['fleet run storm.yaml --seed 7', 'As a plan says, with another seed'],
  ],
  words: {
    plan: { doc: 'Plan file (YAML): phases, mixes, thresholds. A flag beside it goes before what it says.', optional: true },
  },
  options: { ...FLEET_OPTIONS, ...COORDINATOR_OPTIONS, ...LIVE_OPTIONS },
  run: ({ options: values, given, words: { plan: file }, io }) => {
    const [options, live] = [ownOptions(FLEET_OPTIONS, values), ownOptions(LIVE_OPTIONS, values)]
    const coordinator = ownOptions(COORDINATOR_OPTIONS, values)
    return file === undefined
      ? runAndShow(io, { options, live, coordinator })
      : runPlan(io, { file, live, coordinator, first: statedOptions(options, given) })
  },
})
