import { type Check, check, count } from './check.ts'
import type { Machine } from './machine.ts'

const WATCH_MS = 250
/** The clock of the wall is read in whole milliseconds, and a busy machine may lose some between two readings. */
const MOST_DRIFT_MS = 20
/** Nothing of this project is older. A machine with such a date makes certificates that nobody accepts. */
const OLDEST_DATE = Date.UTC(2025, 0, 1)

const MEASURE_MS = 300
const RANDOM_BYTES = 1 << 20
/** Less than a slow core gives; a handshake draws some hundred bytes. */
const LEAST_RANDOM_PER_SECOND = 10e6
const LEAST_ENTROPY_BITS = 128
/** What an enrolment costs in handshakes, both ends, by `pnpm bench`: the phone's side, and the server's with its signature. */
const HANDSHAKES = { phone: 0.9, server: 1.6 } as const
/** Beyond it a generator lags behind its schedule. */
const USABLE = 0.65

const clock = check({
  doc: 'whether the wall clock stands, jumps, or is years behind; certificates and logs go by it',
  remedy: 'set the date, and let one time service alone correct it (timedatectl status, chronyc tracking)',
  look: async (machine, _, signal) => {
    const before = machine.wallMs() - machine.monotonicMs()
    await machine.wait(WATCH_MS, signal)
    const wallMs = machine.wallMs()
    return { wallMs, driftMs: Math.abs(wallMs - machine.monotonicMs() - before) }
  },
  judge: ({ wallMs, driftMs }) => ({
    verdict: driftMs > MOST_DRIFT_MS || wallMs < OLDEST_DATE ? 'problem' : 'ok',
    found: `${new Date(wallMs).toISOString().slice(0, 19)}Z, ${driftMs.toFixed(0)} ms off in ${WATCH_MS} ms; whether it is the true time cannot be seen from here`,
    needed: `at most ${MOST_DRIFT_MS} ms off`,
  }),
})

const randomNumbers = check({
  doc: 'random numbers for keys and handshakes',
  remedy: 'give a virtual machine a source of them (virtio-rng), or install rng-tools',
  look: async machine => {
    const startedMs = machine.monotonicMs()
    machine.drawRandom(RANDOM_BYTES)
    const seconds = Math.max(1e-6, (machine.monotonicMs() - startedMs) / 1000)
    return { perSecond: RANDOM_BYTES / seconds, bits: await machine.entropyBits() }
  },
  judge: ({ perSecond, bits }) => ({
    verdict: perSecond < LEAST_RANDOM_PER_SECOND || (bits ?? LEAST_ENTROPY_BITS) < LEAST_ENTROPY_BITS ? 'warning' : 'ok',
    found: `${count(perSecond / 1e6)} MB/s${bits === undefined ? '' : `, the kernel holds ${bits} bits`}`,
    needed: `${LEAST_RANDOM_PER_SECOND / 1e6} MB/s, ${LEAST_ENTROPY_BITS} bits`,
  }),
})

/** The first makes certificate and contexts, and is not counted. */
const handshakesPerSecond = async (machine: Machine, signal: AbortSignal): Promise<number> => {
  await machine.handshake('TLSv1.2')
  const startedMs = machine.monotonicMs()
  let done = 0
  let elapsedMs = 0
  while (elapsedMs < MEASURE_MS) {
    signal.throwIfAborted()
    await machine.handshake('TLSv1.2')
    done++
    elapsedMs = machine.monotonicMs() - startedMs
  }
  return (done * 1000) / elapsedMs
}

const handshakes = check({
  doc: 'TLS handshakes that a core can do, and with them enrolments',
  remedy: 'ask for a lower rate, or use more or faster cores',
  look: (machine, _, signal) => handshakesPerSecond(machine, signal),
  judge: (perSecond, { rate, isLocal, clientProcesses, serverProcesses }) => {
    const cost = HANDSHAKES.phone + (isLocal ? HANDSHAKES.server : 0)
    const most = ((clientProcesses + serverProcesses) * perSecond) / cost
    const verdict = rate > USABLE * most ? 'warning' : 'ok'
    return {
      verdict: rate > most ? 'problem' : verdict,
      found: `${count(perSecond)}/s a core, both ends; good for some ${count(most)} enrolments/s`,
      needed:
        rate === 0 ? 'no rate was asked for' : `${count(rate)} enrolments/s with ${Math.round(100 - 100 * USABLE)} % to spare`,
    }
  },
})

const legacyTls = check({
  doc: 'whether this OpenSSL still speaks TLS 1.0 with RSA key exchange, as old phones do',
  remedy: 'leave --legacy-tls alone, or use the Node of nodejs.org, whose OpenSSL is built with it',
  look: machine =>
    machine.handshake('TLSv1').then(
      () => ({ why: undefined }),
      (error: Error) => ({ why: error.message }),
    ),
  judge: ({ why }) => ({
    verdict: why === undefined ? 'ok' : 'warning',
    found: why === undefined ? 'works with --legacy-tls' : `refused: ${why}`,
    needed: 'for models 7900, 8941 and CIPC alone',
  }),
})

/** What takes time: the clocks, and cryptography. */
export const TIME_CHECKS = { clock, randomNumbers, handshakes, legacyTls } as const satisfies Record<string, Check>
