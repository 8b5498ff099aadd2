/** One figure that was measured, and how to measure it again. */
type Figure = { readonly value: number; readonly unit: string; readonly doc: string; readonly source: string }

/**
 * What a session costs, as measured with Node 24 on a virtual machine of two x86-64 cores that servers, database and phones shared:
 * RSA-2048 certificates, TLS 1.2, keys of a pool. Other machines differ by a factor of two; `pnpm bench` says where this one stands.
 */
export const FIGURES = {
  serverCpuMs: {
    value: 1.7,
    unit: 'ms',
    doc: 'CPU of the server for an enrolment, on SQLite',
    source: 'pnpm bench --only nodes',
  },
  serverDatabaseCpuMs: {
    value: 1.95,
    unit: 'ms',
    doc: 'CPU of the server for an enrolment, on PostgreSQL',
    source: 'pnpm bench --only nodes',
  },
  databaseCpuMs: { value: 0.65, unit: 'ms', doc: 'CPU of PostgreSQL for an enrolment', source: 'pnpm bench --only nodes' },
  databaseWrites: {
    value: 2,
    unit: 'transactions',
    doc: 'that write, for an enrolment: the device is claimed, and its outcome written',
    source: 'pnpm bench --only nodes',
  },
  orderWrites: { value: 1, unit: 'transactions', doc: 'that write, to order an operation', source: 'server/src/store' },
  logBytes: {
    value: 2_000,
    unit: 'bytes',
    doc: "of PostgreSQL's write-ahead log for an enrolment",
    source: 'pnpm bench --only nodes',
  },
  deviceBytes: {
    value: 1_500,
    unit: 'bytes',
    doc: 'of the store for a device with its certificate',
    source: 'pnpm bench --only stores',
  },
  clientCpuMs: { value: 0.95, unit: 'ms', doc: 'CPU of the fleet for an enrolment', source: 'pnpm bench --only enrolments' },
  connectionBytes: {
    value: 60_000,
    unit: 'bytes',
    doc: 'of memory for a connection whose phone waits, on each side',
    source: 'pnpm bench --only waiting,fleet',
  },
  processBytes: {
    value: 100_000_000,
    unit: 'bytes',
    doc: 'of memory for a process before its first phone',
    source: 'pnpm bench --only waiting,fleet',
  },
  portsPerAddress: {
    value: 28_232,
    unit: 'ports',
    doc: 'that connections of one address to one server can start from',
    source: 'net.ipv4.ip_local_port_range of Linux, 32768-60999',
  },
  usableShare: {
    value: 0.65,
    unit: 'of a core',
    doc: 'that may be used before latencies are those of the queue',
    source: 'docs/scale.md',
  },
} as const satisfies Record<string, Figure>

/** A figure as a number. */
export const figure = (name: keyof typeof FIGURES): number => FIGURES[name].value
