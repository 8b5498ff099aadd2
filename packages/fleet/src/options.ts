import { flag, int, type OptionsOf, oneOf, optionalText, text, textList } from '@capfkit/codec/options'
import { BOOT_OPTIONS, PHONE_OPTIONS } from '@capfkit/phone'
import { SOURCE_ADDRESSES } from './source-addresses.ts'

const WEIGHTS = 'NAME=WEIGHT,NAME=WEIGHT…'

/** The only place where a default of the fleet is written: flags, `--help`, `docs/config.md` and types read this table. */
export const FLEET_OPTIONS = {
  phones: int({
    default: 100,
    min: 1,
    max: 10_000_000,
    unit: 'phones',
    doc: 'How many phones. From a list (--csv, --jsonl, --store-phones), as many as it has.',
  }),
  csv: optionalText({ doc: 'CSV file of phones: name, and optionally model, auth, authString, key, mic, lsc (PEM files).' }),
  jsonl: optionalText({ doc: 'JSON Lines file of phones: an object a line, with the columns of the CSV as keys.' }),
  storePhones: flag({
    default: false,
    doc: 'The phones are the devices of --store, with the modes, strings and keys that it has of them.',
  }),
  dataOrder: oneOf({
    default: 'sequential',
    values: ['sequential', 'random'],
    doc: 'Phones of a list in its order, or in one that is drawn from the seed; each of them once.',
  }),
  dataRows: int({
    default: 0,
    min: 0,
    max: 10_000_000,
    unit: 'phones',
    doc: 'Only so many phones of a list, the first by --data-order. 0: all.',
  }),
  startMac: text({
    default: '020000000000',
    pattern: /^[0-9A-Fa-f]{12}$/,
    range: '12 hex digits',
    doc: 'MAC address of the first phone; the others follow it.',
  }),
  server: optionalText({ pattern: /^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, range: 'HOST:PORT', doc: 'The CAPF server to load.' }),
  embedded: flag({ default: false, doc: 'Start a server of our own with a SQLite store in a temporary folder.' }),
  serverWorkers: int({
    default: 0,
    min: 0,
    max: 256,
    unit: 'processes',
    doc: 'Processes of the embedded server. 0 means half of the cores.',
  }),
  sourceAddresses: optionalText({
    ...SOURCE_ADDRESSES,
    doc: 'Addresses of this machine that phones connect from, each phone from one of them in turn: more of them are more source ports. On Linux all of 127.0.0.0/8 are its own, such as 127.0.0.0/16.',
  }),
  connectTimeoutMs: PHONE_OPTIONS.connectTimeoutMs,
  capfCertificate: optionalText({
    doc: 'PEM file with the CAPF certificate that the phones are told to trust; needed with --server.',
  }),
  store: optionalText({
    doc: 'Device store of the server, sqlite:FILE or postgres://…: lets the fleet order each operation. Without it, phones do what the server has pending.',
  }),
  micCa: optionalText({
    doc: 'PEM file with certificate and key of a manufacturing CA that signs the MICs of the fleet; the server must trust it (--mic-ca). Made anew without it.',
  }),
  concurrency: int({ default: 32, min: 1, max: 1_000_000, unit: 'sessions', doc: 'Sessions at once, when no rate is given.' }),
  rate: int({
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'sessions/s',
    doc: 'Start sessions at this rate, by a schedule that does not wait for the server. 0 means by --concurrency.',
  }),
  processes: int({
    default: 0,
    min: 0,
    max: 256,
    unit: 'processes',
    doc: 'Client processes. 0 means all cores but those of the embedded server.',
  }),
  seed: int({ default: 1, min: 0, max: 0x7fffffff, doc: 'Fixes identities, modes and which phones take part in which round.' }),
  rounds: text({
    default: 'install',
    pattern: /^[a-z]+(?::\d{1,3}%)?(?:,[a-z]+(?::\d{1,3}%)?)*$/,
    range: 'OPERATION[:SHARE%],…',
    doc: 'What the phones do, one round after the other: install (or upgrade), delete, troubleshoot; a share takes part of them.',
  }),
  auth: text({ default: 'null=1', range: WEIGHTS, doc: 'Authentication modes by weight: null, string, lsc, mic.' }),
  models: text({ default: '8861=1', range: WEIGHTS, doc: 'Phone models by weight.' }),
  key: text({
    default: 'rsa:2048=1',
    range: WEIGHTS,
    doc: 'Keys that are ordered, by weight: rsa:512 … rsa:4096, ec:p256, ec:p384, ec:p521.',
  }),
  keyPool: optionalText({
    doc: 'Key pool file (capf keys generate): LSCs and MICs take keys of its kind from it, from the start again when it is used up; other kinds are generated.',
  }),
  poolKeys: int({
    default: 128,
    min: 1,
    max: 1_000_000,
    unit: 'keys',
    doc: 'RSA keys that are made before the run when no --key-pool is given; reused when there are more enrolments.',
  }),
  realKeygen: flag({ default: false, doc: 'Each phone makes a key of its own, as real ones do: honest, and slow.' }),
  keyGenerationDelayMs: int({
    default: 0,
    min: -1,
    max: 7_200_000,
    unit: 'ms',
    doc: 'Key generation takes at least this long: a wait, not work. -1 takes the time from the table of phone models.',
  }),
  sudi: flag({ default: false, doc: 'Phones with a MIC send SUDI_DATA.' }),
  retries: int({ default: 0, min: 0, max: 1000, doc: 'Further attempts after a failure of communication. Real phones: 3.' }),
  retryIntervalMs: int({ default: 30_000, min: 0, max: 3_600_000, unit: 'ms', doc: 'Wait before each further attempt.' }),
  replyTimeoutMs: int({
    default: 60_000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    doc: 'How long each message of the server may take.',
  }),
  maxTlsVersion: text({
    default: 'model',
    pattern: /^(model|TLSv1\.2|TLSv1\.3)$/,
    range: 'model | TLSv1.2 | TLSv1.3',
    doc: 'Newest TLS version that phones offer.',
  }),
  legacyTls: flag({
    default: false,
    doc: 'Old models (7900, 8941, CIPC) speak TLS 1.0 with RSA key exchange, as they really do.',
    unsafe: 'TLS 1.0, SHA-1 and RSA key exchange protect nothing against a determined listener',
  }),
  signRequests: PHONE_OPTIONS.signRequests,
  boot: text({
    default: '0%',
    pattern: /^(?:100|\d{1,2})%$/,
    range: '0% … 100%',
    doc: 'Share of the phones that boot in full: trust lists and configuration from the file server, TVS, then CAPF as their configuration says. The others contact CAPF at once.',
  }),
  bootServer: optionalText({
    pattern: /^[A-Za-z0-9_.:-]{1,253}$/,
    range: 'HOST',
    doc: 'File server of the phones that boot, as DHCP option 150 would say. With --embedded there is one of our own, and a TVS.',
  }),
  bootTrust: oneOf({
    default: 'tvs',
    values: ['tvs', 'list'],
    doc: 'With --embedded: the trust list has a CAPF certificate of before, so that each phone asks TVS about the present one (tvs), or it has the present one (list).',
  }),
  httpPort: BOOT_OPTIONS.httpPort,
  httpsPort: BOOT_OPTIONS.httpsPort,
  tftpPort: BOOT_OPTIONS.tftpPort,
  furtherFiles: BOOT_OPTIONS.furtherFiles,
  maxFailed: text({
    default: '0%',
    pattern: /^\d+(?:\.\d+)?%$/,
    range: 'PERCENT%',
    doc: 'The run fails when more of its operations than this failed. A threshold on failed, of all operations, takes its place.',
  }),
  fault: textList({
    doc: 'What phones do wrong on purpose, such as "reset:at=KEY_GENERATE_RESPONSE; phones=SEP02*; every=10": see faults.md. The first that fits an operation is taken.',
  }),
  network: textList({
    doc: 'What the network of phones is like, such as "latencyMs=150,resetPerWrite=1%; share=20%": see faults.md. The first that has a phone is taken.',
  }),
  threshold: textList({
    doc: 'What the figures of the run must be, such as "p99 < 500ms" or "failed(server) <= 1% over 10s": METRIC[(OF)] SIGN VALUE [over TIME] [abort [after TIME]].',
  }),
  fleet: optionalText({
    doc: 'File in which the phones keep their MICs and LSCs with the keys, for the next run: made when it is not there. With --out and without it, fleet.db in the folder of the run.',
  }),
  out: optionalText({
    doc: 'Folder for the files of the run: every operation of every phone (.capfrun, for capf fleet report and compare), summary.json, the CAPF certificate and the manufacturing CA.',
  }),
  replace: flag({ default: false, doc: 'The folder of --out may have an earlier run: its files go.' }),
} as const

export type FleetOptions = OptionsOf<typeof FLEET_OPTIONS>
