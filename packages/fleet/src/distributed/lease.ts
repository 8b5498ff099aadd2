/** How long a worker has its phones, and a coordinator its run, without a word from it, ms. */
export const LEASE_MS = 10_000
