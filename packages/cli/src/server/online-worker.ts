import { serveAsWorker } from '@capfkit/server/worker'
import { onlineCaOf, type RaWiring } from './registration-authority.ts'

/** The program of a worker that asks an Online CA. Not to be run by hand. */
serveAsWorker(async (wiring, options) => ({ onlineCa: onlineCaOf(wiring as RaWiring, options) }))
