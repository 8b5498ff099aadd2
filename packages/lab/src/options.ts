import { int, type OptionsOf, oneOf, optionalText, text } from '@capfkit/codec/options'
import { ADDRESS } from '@capfkit/listen'

/** The only place where a default of the laboratory is written: flags, `--help`, `docs/config.md` and types read this table. */
export const LAB_OPTIONS = {
  issuer: oneOf({
    default: 'online',
    values: ['online', 'local'],
    doc: 'Who signs the LSCs: AD CS behind a registration authority (online), or the CAPF certificate (local).',
  }),
  capf: text({ ...ADDRESS, default: '127.0.0.1:3804', doc: 'Where CAPF listens. Port 0 picks a free one, here and below.' }),
  tvs: text({ ...ADDRESS, default: '127.0.0.1:2445', doc: 'Where TVS listens.' }),
  http: text({ ...ADDRESS, default: '127.0.0.1:6970', doc: 'Where files are served by HTTP.' }),
  tftp: text({ ...ADDRESS, default: '127.0.0.1:6969', doc: 'Where files are served by TFTP (UDP); 69 needs rights.' }),
  ra: text({ ...ADDRESS, default: '127.0.0.1:8084', doc: 'Where the registration authority listens (EST).' }),
  adcs: text({ ...ADDRESS, default: '127.0.0.1:4443', doc: 'Where the web enrolment of AD CS listens.' }),
  template: text({
    default: 'CiscoRA',
    pattern: /^[^\p{Cc},=]{1,64}$/u,
    range: 'up to 64 characters without commas and equals signs',
    doc: 'Certificate template at AD CS.',
  }),
  phones: int({ default: 1, min: 0, max: 10_000, unit: 'phones', doc: 'Phones that boot and enrol, one after the other.' }),
  firstDevice: text({
    default: 'SEP020000000001',
    pattern: /^SEP[0-9A-F]{12}$/,
    range: 'SEP and 12 hex digits',
    doc: 'Name of the first phone; the others follow it.',
  }),
  out: optionalText({
    doc: 'Folder for certificates, keys, the device store and all logs. Without it, a temporary one that goes away.',
  }),
} as const

export type LabOptions = OptionsOf<typeof LAB_OPTIONS>
