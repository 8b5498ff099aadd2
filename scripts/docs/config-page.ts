import { environmentName, flagName } from '../../packages/cli/src/index.ts'
import type { OptionRow, OptionTable } from '../../packages/codec/src/options/index.ts'
import { ADCS_CLIENT_OPTIONS, ADCS_OPTIONS } from '../../packages/est/src/adcs/index.ts'
import { EST_CLIENT_OPTIONS, EST_SERVER_OPTIONS } from '../../packages/est/src/index.ts'
import { COORDINATOR_OPTIONS, FLEET_OPTIONS, WORKER_OPTIONS } from '../../packages/fleet/src/index.ts'
import { BOOT_OPTIONS, PHONE_OPTIONS } from '../../packages/phone/src/index.ts'
import { SERVER_OPTIONS } from '../../packages/server/src/index.ts'
import { FILE_SERVER_OPTIONS } from '../../packages/tftp/src/index.ts'
import { TVS_OPTIONS } from '../../packages/tvs/src/index.ts'
import { code, GENERATED, page, table } from './markdown.ts'

const defaultOf = ({ kind, default: value }: OptionRow): string => {
  if (kind === 'list' && value === undefined) return 'none'
  return value === undefined || value === '' ? '–' : code(String(value))
}

const allowedOf = ({ kind, range, unit }: OptionRow): string => {
  if (kind === 'boolean') return 'true or false'
  const values = range === undefined || range === 'text that is not empty' ? undefined : range
  return [values ?? (kind === 'string' ? 'text' : kind), unit].filter(word => word !== undefined).join(' ')
}

const wordsOf = (name: string, { doc, unsafe, secret }: OptionRow): string =>
  [
    doc,
    secret ? `From a file with ${code(`--${flagName(name)}-file FILE`)}.` : '',
    unsafe ? `**Unsafe:** ${unsafe.replace(/\.$/, '')}.` : '',
  ].join(' ')

/** One row an option; the name in the library and in an option file is the flag in camelCase. */
export const optionRows = (options: OptionTable): string =>
  table(
    ['flag', 'environment', 'default', 'allowed', 'what it does'],
    Object.entries(options).map(([name, row]) => [
      code(`--${flagName(name)}`),
      code(environmentName(name)),
      row.secret ? '–' : defaultOf(row),
      allowedOf(row),
      wordsOf(name, row),
    ]),
  )

const TABLES = [
  {
    title: 'Server',
    about: '`capf server start`; in code `SERVER_OPTIONS` of `@capfkit/server`.',
    rows: optionRows(SERVER_OPTIONS),
  },
  {
    title: 'TVS',
    about: '`capf tvs start`; in code `TVS_OPTIONS` of `@capfkit/tvs`.',
    rows: optionRows(TVS_OPTIONS),
  },
  {
    title: 'Files',
    about: '`capf tftp start`; in code `FILE_SERVER_OPTIONS` of `@capfkit/tftp`.',
    rows: optionRows(FILE_SERVER_OPTIONS),
  },
  {
    title: 'EST server',
    about: '`capf ra start`; in code `EST_SERVER_OPTIONS` of `@capfkit/est`.',
    rows: optionRows(EST_SERVER_OPTIONS),
  },
  {
    title: 'EST client',
    about: '`capf est`; in code `EST_CLIENT_OPTIONS` of `@capfkit/est`.',
    rows: optionRows(EST_CLIENT_OPTIONS),
  },
  {
    title: 'AD CS simulator',
    about: '`capf adcs start`; in code `ADCS_OPTIONS` of `@capfkit/est/adcs`.',
    rows: optionRows(ADCS_OPTIONS),
  },
  {
    title: 'AD CS client',
    about: 'In code only: `ADCS_CLIENT_OPTIONS` of `@capfkit/est/adcs`.',
    rows: optionRows(ADCS_CLIENT_OPTIONS),
  },
  {
    title: 'Phone',
    about: '`capf phone enrol`, `capf phone boot`; in code `PHONE_OPTIONS` of `@capfkit/phone`.',
    rows: optionRows(PHONE_OPTIONS),
  },
  {
    title: 'Boot',
    about: '`capf phone boot`; in code `BOOT_OPTIONS` of `@capfkit/phone`.',
    rows: optionRows(BOOT_OPTIONS),
  },
  {
    title: 'Fleet',
    about: '`capf fleet run`; in code `FLEET_OPTIONS` of `@capfkit/fleet`.',
    rows: optionRows(FLEET_OPTIONS),
  },
  {
    title: 'Coordinator of a distributed fleet',
    about:
      '`capf fleet run`, `capf fleet resume`; in code `COORDINATOR_OPTIONS` of `@capfkit/fleet`. See [distributed.md](distributed.md).',
    rows: optionRows(COORDINATOR_OPTIONS),
  },
  {
    title: 'Worker of a distributed fleet',
    about: '`capf fleet worker`; in code `WORKER_OPTIONS` of `@capfkit/fleet`.',
    rows: optionRows(WORKER_OPTIONS),
  },
]

export const configPage = (): string =>
  page([
    '# Configuration',
    GENERATED,
    'Each option is one row of a table in the code; defaults are written nowhere else. A flag wins over the environment, the environment over a file given with `--config FILE.yaml` (or `CAPF_CONFIG`), the file over the default. In a file and in code the name is the flag without dashes, in camelCase: `--max-frame-bytes` is `maxFrameBytes`. A flag that is on by default is switched off with `--no-…`. What a single command has beside these is on [commands.md](commands.md).',
    ...TABLES.flatMap(({ title, about, rows }) => [`## ${title}`, about, rows]),
  ])
