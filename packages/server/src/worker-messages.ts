import type { ListenErrorCode } from '@capfkit/listen'
import type { Counts } from './counters.ts'
import type { ServerErrorCode } from './errors.ts'
import type { ServerOptions } from './options.ts'

/** A certificate and its key as they travel to a worker: text, because a KeyObject does not pass between processes. */
export type PemPair = { certificatePem: string; keyPem: string }

/** What a worker is told. Only ever sent over the private channel between a process and the child that it started. */
export type ToWorker =
  | {
      type: 'start'
      options: ServerOptions
      certificate: PemPair
      ca: PemPair | undefined
      micCas: readonly Buffer[]
      lscCas: readonly Buffer[]
      reusePort: boolean
      /** For the program of the worker: see `Wire`. */
      wiring: unknown
    }
  | { type: 'reload'; certificate: PemPair }
  | { type: 'report' }
  | { type: 'drain' }
  | { type: 'cut' }

/** What a worker says at one moment. */
export type WorkerReport = {
  counts: Counts
  sessions: number
  connections: number
  cpuMs: number
  memoryBytes: number
  /** Requests that are with the CA, and those that wait for their turn. */
  caRunning: number
  caWaiting: number
}

/** What a worker tells. */
export type FromWorker =
  | { type: 'listening'; host: string; port: number }
  | { type: 'failed'; code: ServerErrorCode | ListenErrorCode | undefined; where: string; message: string }
  | { type: 'report'; report: WorkerReport }
