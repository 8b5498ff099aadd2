import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('../src/capf.ts', import.meta.url))

export type Ran = { code: number | null; stdout: string; stderr: string }
export type RunOptions = { cwd: string; env?: Record<string, string>; input?: string | Buffer }
export type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Only what a program needs: a CAPF_… of whoever runs the tests must not change them. */
export const environment = (env: Record<string, string> = {}) => {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, NODE_COMPILE_CACHE, TZ: 'UTC', ...env }
}

/** The real program, running. */
export const startCapf = (args: readonly string[], { cwd, env }: Omit<RunOptions, 'input'>): Child =>
  spawn(process.execPath, [PROGRAM, ...args], { cwd, env: environment(env), stdio: ['pipe', 'pipe', 'pipe'] })

export const outcome = async (child: Child): Promise<Ran> => {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', chunk => out.push(chunk))
  child.stderr.on('data', chunk => err.push(chunk))
  const [code] = await once(child, 'close')
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

/** Sends a signal, once only, as soon as the program says these words on stderr. */
export const signalAt = (child: Child, words: string, signal: NodeJS.Signals): void => {
  const listen = (chunk: unknown) => {
    if (!String(chunk).includes(words)) return
    child.stderr.off('data', listen)
    child.kill(signal)
  }
  child.stderr.on('data', listen)
}

/** The real program, from its start to its end. */
export const capf = (args: readonly string[], { input, ...options }: RunOptions): Promise<Ran> => {
  const child = startCapf(args, options)
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return outcome(child)
}

type ServiceOptions = { cwd: string; service?: readonly string[]; args?: readonly string[]; env?: Record<string, string> }

const CAPF = ['server', 'start', '--workers', '1']

/** A running service, `capf server start` unless told otherwise, with `--json` on a port that was free. */
export class RunningServer implements AsyncDisposable {
  readonly #child: Child
  readonly ready: { listening: { host: string; port: number }; [name: string]: unknown }
  readonly ended: Promise<Ran>

  private constructor(child: Child, ended: Promise<Ran>, ready: RunningServer['ready']) {
    this.#child = child
    this.ended = ended
    this.ready = ready
  }

  static async start({ cwd, service = CAPF, args = [], env = {} }: ServiceOptions): Promise<RunningServer> {
    const child = startCapf([...service, '--listen', '127.0.0.1:0', '--json', ...args], { cwd, env })
    const ended = outcome(child)
    const line = await Promise.race([once(child.stdout, 'data').then(([chunk]) => String(chunk)), ended])
    if (typeof line !== 'string') throw new Error(`the server ended: ${line.stderr}`)
    return new RunningServer(child, ended, JSON.parse(line))
  }

  get address(): string {
    const { host, port } = this.ready.listening
    return `${host}:${port}`
  }

  get port(): number {
    return this.ready.listening.port
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** As a machine that is gone: the service and its workers at the same moment, without a word to anybody. */
  async crash(): Promise<void> {
    const { pid } = this.#child
    const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    for (const each of [pid!, ...workers]) process.kill(each, 'SIGKILL')
    await this.ended
  }

  /** Until stderr has said this. */
  said(words: string): Promise<void> {
    return new Promise(resolve => {
      this.#child.stderr.on('data', chunk => {
        if (String(chunk).includes(words)) resolve()
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.signal('SIGTERM')
    await this.ended
  }
}
