import { readFileSync } from 'node:fs'
import type { BootTarget } from '../boot.ts'
import type { PhonesOfRun } from '../phone-runner.ts'
import type { Plan } from '../plan/plan.ts'
import { fleetFileOf } from '../resume/run-folder.ts'

/** What workers are told of a run, beside its plan. Private keys are in it: of the manufacturing CA of the phones. */
export type RunJob = {
  target: { host: string; port: number }
  /** DER, Base64. */
  trusted: string[]
  bootTarget?: BootTarget | undefined
  micCa: { certificate: string; keyPem: string }
  ordered: boolean
  /** Operations are ordered while a phase runs. */
  orders: boolean
  /** What phones have is kept: they need it in later phases, or somebody wants it when the run is over. */
  keepsPhones: boolean
  /** Somebody watches single phones. */
  isWatched: boolean
  /** The list of phones, where it comes from a file. */
  csv?: string | undefined
}

const base64 = (bytes: Buffer) => bytes.toString('base64')
const bytes = (text: string) => Buffer.from(text, 'base64')

/** A job to be written. */
export const jobOf = ({ plan, target, trusted, bootTarget, micCa, ordered, storeUrl, isWatched }: PhonesOfRun): RunJob => ({
  target,
  trusted: trusted.map(base64),
  bootTarget,
  micCa: { certificate: base64(micCa.certificateDer), keyPem: micCa.keyPem },
  ordered,
  orders: storeUrl !== undefined,
  keepsPhones: plan.phases.length > 1 || plan.phases[0]?.devices === 'again' || fleetFileOf(plan.options) !== undefined,
  isWatched: isWatched === true,
  csv: plan.options.csv === undefined ? undefined : readFileSync(plan.options.csv, 'utf8'),
})

/** Of a job that was read: what a process is told. */
export const startOf = ({ target, trusted, bootTarget, micCa, ordered, keepsPhones, isWatched }: RunJob) => ({
  target,
  trusted: trusted.map(bytes),
  bootTarget,
  micCa: { certificateDer: bytes(micCa.certificate), keyPem: micCa.keyPem },
  ...{ ordered, keepsPhones, isWatched },
})

/** Files of the machine that leads the run, and the store with its password, are nobody else's. */
export const planToTell = ({ options, ...plan }: Plan): Plan => {
  const { out, fleet, store, csv, jsonl, micCa, capfCertificate, keyPool, ...others } = options
  return { ...plan, options: others as Plan['options'] }
}
