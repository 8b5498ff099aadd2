import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@capfkit/listen'
import type { Test } from 'tap'
import { CapfServer, type CapfServerInit } from '../src/capf-server.ts'
import type { Device, NewDevice } from '../src/device.ts'
import type { SessionSummary } from '../src/session-context.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { capf, manufacturer, NOW } from './certificates.ts'
import { obey, type PhoneOptions, ScriptedPhone } from './scripted-phone.ts'

/** One line of the structured log. */
export type LogLine = Record<string, unknown> & { msg: string; level: number }

/** A server for one test, with its store, its clock, and all that it says of itself. */
export type Serving = Awaited<ReturnType<typeof serve>>

let devices = 0

/** Start a server on a free port of the loopback, on a clock that stands still; it ends with the test. */
export const serve = async (t: Test, { options, ...init }: Partial<CapfServerInit> = {}) => {
  const clock = { now: NOW }
  const store = init.store ?? new MemoryDeviceStore({ now: () => clock.now.getTime() })
  const summaries: SessionSummary[] = []
  const logText: string[] = []
  const destination = new Writable({
    write: (chunk, _, done) => {
      logText.push(String(chunk))
      done()
    },
  })
  const server = await CapfServer.start({
    certificate: capf,
    micCas: [manufacturer.certificateDer],
    log: createLog({ level: options?.logLevel ?? 'debug', destination }),
    now: () => clock.now,
    ...init,
    store,
    onSession: summary => summaries.push(summary),
    options: { listen: '127.0.0.1:0', ...options },
  })
  t.teardown(async () => {
    await server.close(0)
    await store[Symbol.asyncDispose]()
  })

  const phone = (options: PhoneOptions = {}) => ScriptedPhone.connect({ port: server.address.port, ...options })

  /** A device of its own, with an order to install unless told otherwise; returns its name. */
  const device = async (given: Partial<NewDevice> = {}): Promise<string> => {
    const name = given.name ?? `SEP${(devices++).toString(16).toUpperCase().padStart(12, '0')}`
    await store.add([{ operation: 'install', ...given, name }])
    return name
  }

  const row = async (name: string): Promise<Device> => (await store.get(name))!

  /** The summary of the session for a device, or the last one of all, once its session is over. */
  const summary = async (deviceName?: string): Promise<SessionSummary> => {
    for (;;) {
      const found = deviceName === undefined ? summaries.at(-1) : summaries.findLast(one => one.deviceName === deviceName)
      if (found) return found
      await delay(1)
    }
  }

  const logLines = (): LogLine[] =>
    logText
      .join('')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))

  /** A whole session of a good phone; returns REASON. */
  const session = async (name: string, answers: Parameters<typeof obey>[1] = {}): Promise<number> => {
    const own = await phone()
    await own.greet(name)
    return obey(own, answers)
  }

  /** Wait until no connection is left. */
  const quiet = async (): Promise<void> => {
    while (server.connections > 0) await delay(1)
  }

  return { server, store, clock, summaries, phone, device, row, summary, logLines, logText, session, quiet }
}
