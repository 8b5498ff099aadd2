import { serveAsWorker } from './worker.ts'

/** The program of a worker whose options are all that it needs. Not to be run by hand. */
serveAsWorker()
