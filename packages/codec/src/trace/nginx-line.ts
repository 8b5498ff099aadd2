/** What a line of an nginx error.log is about: the connection, as nginx puts it behind the text. */
export type NginxContext = {
  /** After `while`, e.g. `SSL EST handshaking`. */
  readonly action?: string
  readonly client?: string
  readonly server?: string
  readonly request?: string
  readonly upstream?: string
  readonly host?: string
  readonly referrer?: string
}

export const NGINX_LEVELS = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'] as const
export type NginxLevel = (typeof NGINX_LEVELS)[number]

/**
 * One line of an nginx error.log. Before the log is open, lines go to stderr without time and process: `nginx: [warn] text`.
 * `localTimeMs`: the digits of the local clock as if they were UTC, for the line says no zone.
 */
export type NginxLine = {
  readonly level: NginxLevel
  readonly text: string
  readonly process?: {
    readonly localTimeMs: number
    readonly pid: number
    readonly tid: number
    readonly connection?: number
    readonly context?: NginxContext
  }
}

/** The parts of a context, in their order; those in quotes hold what a client sent. */
const PARTS = [
  { name: 'client', quoted: false },
  { name: 'server', quoted: false },
  { name: 'request', quoted: true },
  { name: 'upstream', quoted: true },
  { name: 'host', quoted: true },
  { name: 'referrer', quoted: true },
] as const

/** Control characters as nginx writes them, so that one line stays one. */
export const escapeLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, char => `\\x${char.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}`)

const stamp = (localTimeMs: number) => new Date(localTimeMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')

const contextText = ({ action, ...parts }: NginxContext): string =>
  (action === undefined ? '' : ` while ${action}`) +
  PARTS.map(({ name, quoted }) => {
    const value = parts[name]
    if (value === undefined) return ''
    return `, ${name}: ${quoted ? `"${escapeLine(value)}"` : escapeLine(value)}`
  }).join('')

/** Without its end of line. */
export const formatNginxLine = ({ level, text, process }: NginxLine): string => {
  if (!process) return `nginx: [${level}] ${escapeLine(text)}`
  const { localTimeMs, pid, tid, connection, context = {} } = process
  const from = connection === undefined ? '' : ` *${connection}`
  return `${stamp(localTimeMs)} [${level}] ${pid}#${tid}:${from} ${escapeLine(text)}${contextText(context)}`
}

const LEVEL = `(${NGINX_LEVELS.join('|')})`
const START = new RegExp(`^nginx: \\[${LEVEL}\\] (.*)$`)
const RUNNING = new RegExp(
  `^(\\d{4})/(\\d\\d)/(\\d\\d) (\\d\\d):(\\d\\d):(\\d\\d) \\[${LEVEL}\\] (\\d+)#(\\d+):(?: \\*(\\d+))? (.*)$`,
)
const PART = /, (client|server): ([^,]*)|, (request|upstream|host|referrer): "([^"]*)"/y

/** The context stands at the end, and begins with the last `while` or `, client:` that is followed by nothing but its parts. */
const splitContext = (rest: string): { text: string; context: NginxContext } => {
  const at = rest.search(/(?: while [^,]*)?(?:, (?:client|server): [^,]*|, (?:request|upstream|host|referrer): "[^"]*")+$/)
  if (at < 0) return { text: rest, context: {} }
  const tail = rest.slice(at)
  const action = /^ while ([^,]*)/.exec(tail)?.[1]
  const context: Record<string, string> = action === undefined ? {} : { action }
  const pattern = new RegExp(PART)
  pattern.lastIndex = action === undefined ? 0 : ' while '.length + action.length
  for (let part = pattern.exec(tail); part; part = pattern.exec(tail)) context[part[1] ?? part[3]!] = part[2] ?? part[4] ?? ''
  return { text: rest.slice(0, at), context }
}

/** Longer lines than nginx writes are no lines of its. */
const MAX_LENGTH = 8_192

/** Read one line; `undefined` when it is none of an nginx error.log. */
export const parseNginxLine = (line: string): NginxLine | undefined => {
  if (line.length > MAX_LENGTH) return undefined
  const [, startLevel, startText] = START.exec(line) ?? []
  if (startLevel !== undefined) return { level: startLevel as NginxLevel, text: startText ?? '' }
  const match = RUNNING.exec(line)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const [, , , , , , , level, pid, tid, connection, rest] = match
  const { text, context } = splitContext(rest ?? '')
  return {
    level: level as NginxLevel,
    text,
    process: {
      localTimeMs: Date.UTC(year, month - 1, day, hour, minute, second),
      pid: Number(pid),
      tid: Number(tid),
      ...(connection === undefined ? {} : { connection: Number(connection) }),
      ...(Object.keys(context).length === 0 ? {} : { context }),
    },
  }
}
