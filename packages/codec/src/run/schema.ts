/** How a value is written: a scalar of protobuf (proto3), or another record. */
export type ScalarType = 'uint32' | 'float' | 'double' | 'bool' | 'string' | 'bytes'

/** One field. Numbers have their unit in the name; absent numbers are 0, absent texts empty, as in proto3. */
export type FieldRow = {
  readonly id: number
  readonly type: string
  readonly many?: true
  /** Left out where there is nothing to say, and by writers of before there was such a field. */
  readonly maybe?: true
  readonly doc: string
}

export type RecordRow = { readonly doc: string; readonly fields: Readonly<Record<string, FieldRow>> }

const one = <const T extends string>(id: number, type: T, doc: string) => ({ id, type, doc })
const maybe = <const T extends string>(id: number, type: T, doc: string) => ({ id, type, doc, maybe: true }) as const
const many = <const T extends string>(id: number, type: T, doc: string) => ({ id, type, doc, many: true }) as const

/** What every run file begins with, in the first field of its header. */
export const RUN_FORMAT = 'capfkit-run'
/** Raised when an old reader would misread a new file; new fields alone do not. */
export const RUN_VERSION = 1

/**
 * The records of a run file: a sequence of `Entry`, each behind its length (a varint), as protobuf's delimited streams are. Reader,
 * writer, types, and the `.proto` of the documentation walk this table. It is ours.
 */
export const RUN_RECORDS = {
  Entry: {
    doc: 'One of these. A reader skips what it does not know.',
    fields: {
      header: one(1, 'Header', 'the first entry of a file'),
      round: one(2, 'Round', 'a round begins'),
      operation: one(3, 'Operation', 'an operation has ended'),
      health: one(4, 'Health', 'how the generator is doing, once a second'),
      roundEnd: one(5, 'RoundEnd', 'a round is over; in the file of the run'),
      footer: one(6, 'Footer', 'the last entry; a run that was killed has none'),
      ordered: one(7, 'Ordered', 'all operations of a round have been ordered; in the file of the run'),
      recovered: one(8, 'Recovered', 'an operation that is known to be done from the device store alone; in the file of the run'),
      skipped: one(9, 'Skipped', 'an operation that could not start when it was due'),
    },
  },
  Header: {
    doc: 'What was run. A run has a file of its own, and one for each process that runs phones.',
    fields: {
      format: one(1, 'string', `always \`${RUN_FORMAT}\``),
      version: one(2, 'uint32', 'of this format'),
      startedMs: one(3, 'double', 'ms since 1970; times of the other entries count from here'),
      part: one(4, 'string', '`run`, or `client` for a process that runs phones'),
      process: one(5, 'uint32', 'which of the processes, from 0'),
      processes: one(6, 'uint32', 'how many there are'),
      seed: one(7, 'uint32', 'of the run'),
      options: many(8, 'Option', 'of the run, defaults included, secrets left out'),
      target: one(9, 'string', 'HOST:PORT of the CAPF server'),
      phones: one(10, 'uint32', 'in the whole run'),
      rounds: many(11, 'PlannedRound', 'of the whole run'),
      phases: many(12, 'string', 'names of the phases, by index'),
      operations: many(13, 'string', 'names of the operations, by index'),
      generation: maybe(14, 'uint32', 'how often the run had been resumed when this file was begun'),
    },
  },
  Option: {
    doc: 'An option by its name in an option file.',
    fields: { name: one(1, 'string', 'such as `rate`'), value: one(2, 'string', 'JSON') },
  },
  PlannedRound: {
    doc: 'A round as it was planned.',
    fields: {
      operation: one(1, 'string', 'what is ordered'),
      total: one(2, 'uint32', 'operations'),
      name: maybe(3, 'string', 'of the phase of the plan, where it has one of its own'),
    },
  },
  Round: {
    doc: 'The moment from which due times count.',
    fields: { number: one(1, 'uint32', 'from 0'), startMs: one(2, 'double', 'since the header') },
  },
  Operation: {
    doc: 'What became of one phone in one round.',
    fields: {
      phone: one(1, 'uint32', 'index in the fleet'),
      deviceName: one(2, 'string', 'name of the device'),
      round: one(3, 'uint32', 'from 0'),
      operation: one(4, 'uint32', 'index into `operations` of the header'),
      startMs: one(5, 'double', 'when it really started, since the header'),
      lateMs: one(6, 'float', 'how much earlier the schedule wanted it to start'),
      totalMs: one(7, 'float', 'from the real start to the end'),
      phases: many(8, 'uint32', 'the phases that it reached: indices into `phases` of the header'),
      phasesMs: many(9, 'float', 'how long each of them took, in the same order'),
      failure: one(10, 'Failure', 'absent where it was done'),
      lap: maybe(11, 'uint32', 'how often the device had had its turn in this round before'),
      cut: maybe(
        12,
        'bool',
        'the run was stopped in the middle of it: it has not ended, and is done again when the run is resumed',
      ),
      disturbance: maybe(13, 'string', 'what the phone did wrong on purpose: a name of faults.md'),
      outcome: maybe(14, 'string', 'what came of that; without a failure the server did about it what it should'),
    },
  },
  Ordered: {
    doc: 'From here on a device of this round whose order is no longer pending has been done.',
    fields: { round: one(1, 'uint32', 'from 0') },
  },
  Recovered: {
    doc: 'Done, by the device store, before the run was resumed; the generator was killed before it recorded it, so no times are known.',
    fields: {
      phone: one(1, 'uint32', 'index in the fleet'),
      round: one(2, 'uint32', 'from 0'),
      operation: one(3, 'uint32', 'what was ordered: index into `operations` of the header'),
    },
  },
  Skipped: {
    doc: 'An operation of the schedule that is left out: too many were under way, or this device was.',
    fields: {
      phone: one(1, 'uint32', 'index in the fleet'),
      round: one(2, 'uint32', 'from 0'),
      lap: maybe(3, 'uint32', 'how often the device had had its turn in this round before'),
      atMs: one(4, 'double', 'since the header'),
    },
  },
  Failure: {
    doc: 'Why an operation was not done.',
    fields: {
      side: one(1, 'string', '`server`, `client`, `network` or `generator`'),
      phase: one(2, 'string', 'where it was'),
      reason: one(3, 'string', 'a code, see errors.md'),
      detail: one(4, 'string', 'more words; some may be those of the server'),
      frames: many(5, 'Bytes', 'what went over the connection last, secrets blotted out'),
    },
  },
  Bytes: {
    doc: 'One write of one side, TLS taken off.',
    fields: {
      fromClient: one(1, 'bool', 'or else from the server'),
      atMs: one(2, 'float', 'since the start of the operation'),
      data: one(3, 'bytes', 'as it was'),
    },
  },
  Health: {
    doc: 'How a process that runs phones is doing.',
    fields: {
      atMs: one(1, 'double', 'since the header'),
      cpuMs: one(2, 'float', 'used since the entry before'),
      eventLoopDelayP99Ms: one(3, 'float', 'since the entry before'),
      eventLoopDelayMaxMs: one(4, 'float', 'since the entry before'),
      memoryBytes: one(5, 'double', 'resident'),
      inFlight: one(6, 'uint32', 'operations under way'),
      started: one(7, 'uint32', 'operations so far'),
      lateStarts: one(8, 'uint32', 'of those'),
      droppedFrames: one(9, 'uint32', 'writes of failed operations for which there was no more room, so far'),
      keysPooled: one(10, 'uint32', 'keys from a pool so far'),
      keysGenerated: one(11, 'uint32', 'keys made so far'),
      skipped: maybe(12, 'uint32', 'operations that could not start when they were due, so far'),
      laggedSamples: maybe(13, 'uint32', 'latencies that are partly those of the process, whose event loop was late, so far'),
      portsShare: maybe(14, 'float', 'source ports in use at this moment, of all that there are: 0 to 1'),
      openFilesShare: maybe(15, 'float', 'open files, of their limit'),
      memoryShare: maybe(16, 'float', 'memory of the machine that is in use'),
      eventLoopDelayRunP99Ms: maybe(17, 'float', 'as eventLoopDelayP99Ms, of all rounds so far'),
    },
  },
  RoundEnd: {
    doc: 'What a round took.',
    fields: {
      number: one(1, 'uint32', 'from 0'),
      seconds: one(2, 'double', 'from its start to the end of its last operation'),
      generatorCpuMs: one(3, 'double', 'of all processes that run phones'),
      serverCpuMs: one(4, 'double', 'of the embedded server'),
    },
  },
  Footer: {
    doc: 'How it ended, in the file of the run.',
    fields: {
      endedMs: one(1, 'double', 'since the header'),
      verdict: one(2, 'string', '`pass`, `fail` or `invalid`'),
      because: many(3, 'string', 'why it is not `pass`'),
      stopped: one(4, 'bool', 'stopped before its end'),
      serverProcesses: one(5, 'uint32', 'of the embedded server'),
      serverMemoryBytes: one(6, 'double', 'of the embedded server'),
      poolSize: one(7, 'uint32', 'keys in the pool'),
      thresholds: many(8, 'Threshold', 'what the figures were to be'),
    },
  },
  Threshold: {
    doc: 'What became of one threshold.',
    fields: {
      name: one(1, 'string', 'what it is about, such as `p99(tls) over 10s`'),
      wanted: one(2, 'string', 'such as `< 500ms`'),
      got: one(3, 'string', 'of the whole run, or of its worst window'),
      ok: one(4, 'bool', 'it was met'),
      says: one(5, 'string', '`failures` or `figures`: what a miss says'),
      windows: one(6, 'uint32', 'how many there were; 0 for a threshold of the whole run'),
      missed: one(7, 'uint32', 'windows in which it was missed'),
      fromSeconds: one(8, 'double', 'the worst window, since the first round began'),
      toSeconds: one(9, 'double', 'its end'),
      aborted: one(10, 'bool', 'the run was ended because of it'),
    },
  },
} as const satisfies Record<string, RecordRow>

export type RecordName = keyof typeof RUN_RECORDS

type Scalar = { uint32: number; float: number; double: number; bool: boolean; string: string; bytes: Uint8Array }
type ValueOf<T> = T extends keyof Scalar ? Scalar[T] : T extends RecordName ? RunRecord<T> : never
type FieldsOf<N extends RecordName> = (typeof RUN_RECORDS)[N]['fields']
/** Records inside others may be absent, and what is marked so; everything else is there. */
type OptionalIn<F> = {
  [K in keyof F]: F[K] extends { many: true } ? never : F[K] extends { type: RecordName } | { maybe: true } ? K : never
}[keyof F]
type ValuesOf<F> = {
  [K in keyof F]: F[K] extends { many: true; type: infer T }
    ? readonly ValueOf<T>[]
    : F[K] extends { type: infer T }
      ? ValueOf<T>
      : never
}
type Flat<T> = { [K in keyof T]: T[K] }

/** One record as a value, e.g. `RunRecord<'Round'>` = `{ number: number; startMs: number }`. Derived from the table. */
export type RunRecord<N extends RecordName> = Flat<
  Omit<ValuesOf<FieldsOf<N>>, OptionalIn<FieldsOf<N>>> & Partial<Pick<ValuesOf<FieldsOf<N>>, OptionalIn<FieldsOf<N>>>>
>

type Kinds = FieldsOf<'Entry'>
export type EntryKind = keyof Kinds

/** One entry of a run file, e.g. `{ kind: 'round', number: 0, startMs: 12.5 }`. */
export type RunEntry = { [K in EntryKind]: { kind: K } & RunRecord<Kinds[K]['type']> }[EntryKind]
