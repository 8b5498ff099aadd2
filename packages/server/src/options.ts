import { flag, int, type OptionsOf, oneOf, optionalText, text } from '@capfkit/codec/options'
import { LIMIT_OPTIONS, LOG_OPTIONS, listenRow, TIMEOUT, TLS_OPTIONS } from '@capfkit/listen'

/** The only place where a default of the CAPF server is written: flags, `--help`, `docs/config.md` and types read this table. */
export const SERVER_OPTIONS = {
  listen: listenRow('127.0.0.1:3804'),
  store: text({
    default: 'sqlite:capf.db',
    doc: 'Device store: sqlite:FILE, postgres://USER@HOST/DATABASE for several machines (the password is better in PGPASSWORD), or memory: for one that ends with the process.',
  }),
  certificate: optionalText({
    doc: 'PEM file with the CAPF certificate. Without it, capf.pem beside the store, made when missing.',
  }),
  key: optionalText({ doc: 'PEM file with the key of the CAPF certificate. Without it, the certificate file holds both.' }),
  caCertificate: optionalText({
    doc: 'PEM file of another CA certificate that signs the LSCs. Without it, the CAPF certificate does.',
  }),
  caKey: optionalText({ doc: 'PEM file with the key of --ca-certificate.' }),
  micCa: optionalText({ doc: 'PEM file with the manufacturing CA certificates that MICs and SUDI certificates chain to.' }),
  issuer: oneOf({
    default: 'local',
    values: ['local', 'online', 'offline'],
    doc: 'Who signs the LSCs: the embedded CA; a CA behind a registration authority (--ra); an operator, with capf csr and capf cert. For the last two, phones must offer to sign their requests (capf phone enrol --sign-requests), or see --unsigned-requests.',
  }),
  unsignedRequests: oneOf({
    default: 'refuse',
    values: ['refuse', 'capf-key'],
    doc: 'With --issuer online or offline, for a phone that does not offer to sign its request: refuse it, or sign with the key of the CAPF certificate.',
    unsafe: 'with capf-key the CA gets no proof that the phone has the key, and must be told not to ask for one',
  }),
  caTimeoutMs: int({ ...TIMEOUT, default: 10_000, doc: 'How long the CA behind --ra may take for an answer.' }),
  caLateMs: int({
    ...TIMEOUT,
    default: 30_000,
    doc: 'How much longer its answer is waited for when the phone has been told that there is none: the certificate is for its next session, or a stale LSC.',
  }),
  caConcurrency: int({
    default: 16,
    min: 1,
    max: 1_000,
    unit: 'requests',
    doc: 'Requests at once to the CA behind --ra, from one process.',
  }),
  caQueue: int({
    default: 2_000,
    min: 0,
    max: 1_000_000,
    unit: 'requests',
    doc: 'Requests that may wait for the CA behind --ra in one process; further phones are refused and may come again.',
  }),
  pendingDays: int({
    default: 14,
    min: 1,
    max: 3_650,
    unit: 'days',
    doc: 'How long the CA behind --ra is asked for a request that somebody has to decide on.',
  }),
  lscCa: optionalText({
    doc: 'PEM file with further CA certificates whose LSCs are believed: those of an Online or Offline CA, or a CAPF certificate of before.',
  }),
  workers: int({
    default: 0,
    min: 0,
    max: 256,
    unit: 'processes',
    doc: 'Processes that share the port and the store. 0 means one a core.',
  }),
  lscDays: int({ default: 1825, min: 1, max: 1825, unit: 'days', doc: 'Duration of Certificate Validity of an LSC.' }),
  backdateMs: int({
    default: 3_600_000,
    min: 0,
    max: 31 * 86_400_000,
    unit: 'ms',
    doc: 'How far notBefore of an LSC lies in the past, for phones whose clock is slow.',
  }),
  subjectModel: text({
    default: '',
    pattern: /^[A-Za-z0-9-]{0,32}$/,
    range: 'a model such as 8861, or nothing',
    doc: 'Model in the subject of LSCs, CN=CP-<model>-SEP…; without it CN=SEP….',
  }),
  replyTimeoutMs: int({ ...TIMEOUT, default: 30_000, doc: 'How long a phone, the CA or the store may take for one step.' }),
  keyGenerationTimeoutMs: int({
    ...TIMEOUT,
    default: 1_800_000,
    doc: 'Maximum Allowable Time for Key Generation; REQUEST_IN_PROGRESS starts it anew.',
  }),
  sessionTimeoutMs: int({ ...TIMEOUT, default: 3_600_000, doc: 'The whole session, whatever happens in it.' }),
  storeLockTimeoutMs: int({
    ...TIMEOUT,
    default: 5_000,
    doc: 'How long to wait for a store that another process holds locked, or for a connection to a database. A statement there may take half as long again.',
  }),
  storeConnections: int({
    default: 10,
    min: 1,
    max: 1000,
    unit: 'connections',
    doc: 'With a postgres:// store: connections of each process at most. All processes of all machines together must stay below what the database allows.',
  }),
  storeAway: oneOf({
    default: 'end',
    values: ['end', 'retry-later'],
    doc: 'What a phone hears that comes while the store cannot be reached: END_SESSION, or RETRY_LATER, a message of this project that real phones take for an end.',
  }),
  retryLaterSeconds: int({
    default: 30,
    min: 1,
    max: 65_535,
    unit: 's',
    doc: 'With --store-away retry-later: when to come again.',
  }),
  ...LIMIT_OPTIONS,
  maxAuthAttempts: int({
    default: 10,
    min: 1,
    max: 1000,
    unit: 'attempts',
    doc: 'Wrong authentication strings in a row that lock a device.',
  }),
  authLockMs: int({ ...TIMEOUT, default: 600_000, doc: 'How long a device stays locked after too many wrong strings.' }),
  oneTimeAuthString: flag({ default: true, doc: 'Forget the authentication string once an operation succeeded with it.' }),
  strictElements: flag({ default: false, doc: 'Refuse elements that a message does not use, instead of ignoring them.' }),
  requireSudi: flag({
    default: false,
    doc: 'By existing certificate: demand SUDI_DATA, which cannot be replayed, beside the signatures over the name, which can.',
  }),
  fetchTypes: oneOf({
    default: 'any',
    values: ['any', 'lsc', 'mic', 'both'],
    doc: 'What a troubleshoot operation asks for: whatever the phone gives, or the LSC, the MIC, both by CERTIFICATE_TYPE.',
  }),
  ...TLS_OPTIONS,
  trace: optionalText({ doc: "File to append a trace to, in the line grammar of the product's SDI trace." }),
  ...LOG_OPTIONS,
} as const

export type ServerOptions = OptionsOf<typeof SERVER_OPTIONS>
