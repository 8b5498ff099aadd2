import { type OptionsOf, oneOf, optionalText, text, textList } from '@capfkit/codec/options'
import { EST_SERVER_OPTIONS } from '@capfkit/est'
import { ADDRESS } from '@capfkit/listen'
import { formatKeySpec, keySpecs } from '@capfkit/pki'
import { JSON_OPTION } from '../command.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'

/** What only the command has, beside the options of the EST server. */
const RA_OPTIONS = {
  out: optionalText({
    doc: 'Folder for ca.pem, the certificate of its own CA, and for its key, its logs and what an offline CA needs; made when missing. Required.',
  }),
  authority: oneOf({
    default: 'embedded',
    values: ['embedded', 'adcs', 'folder'],
    doc: 'Who signs: a CA in this process, a Microsoft CA by web enrolment, or whoever takes the requests out of the folder.',
  }),
  user: optionalText({ doc: 'Who may enrol. Required, unless --http-auth is off.' }),
  password: optionalText({ doc: 'Password of the user.', secret: true }),
  host: textList({
    doc: 'Name or address in the certificate of the server; localhost, 127.0.0.1 and the address of --listen always are.',
  }),
  certificate: optionalText({
    doc: 'PEM file with a certificate for TLS. Without it, the CA of the folder makes one at each start.',
  }),
  key: optionalText({ doc: 'PEM file with the key of --certificate. Without it, the certificate file holds both.' }),
  clientCa: optionalText({
    doc: 'PEM or DER file with the CA certificates of client certificates. Without it, those of the CA of the folder are taken.',
  }),
  caName: text({ default: 'CN=TEST RA CA,O=capfkit TEST', doc: 'Subject of the CA that is made where the folder has none.' }),
  caKey: oneOf({ default: 'rsa:2048', values: keySpecs().map(formatKeySpec), doc: 'Kind of its key.' }),
  caCertificate: optionalText({
    doc: 'With --authority folder: PEM or DER file with the certificates of the offline CA. Required.',
  }),
  adcs: optionalText({
    ...ADDRESS,
    doc: 'With --authority adcs: host name and port of web enrolment, as in its certificate. Required.',
  }),
  adcsUser: optionalText({ doc: 'Who logs in there: DOMAIN\\user, user@domain or user. Required with it.' }),
  adcsPassword: optionalText({ doc: 'Password of that user.', secret: true }),
  adcsTrust: optionalText({ doc: 'PEM or DER file with the CA certificates that its web server is known by. Required with it.' }),
  adcsTemplate: text({
    default: 'CiscoRA',
    // A line break would end it, and smuggle another attribute into the request.
    pattern: /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u,
    range: 'up to 255 characters without line breaks',
    doc: 'Name (cn) of the certificate template.',
  }),
} as const

export const START_OPTIONS = { ...RA_OPTIONS, ...EST_SERVER_OPTIONS, ...DOOR_OPTIONS, ...JSON_OPTION } as const
export type StartOptions = OptionsOf<typeof START_OPTIONS>
