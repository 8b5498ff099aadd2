import { type OptionsOf, optionalText } from '@capfkit/codec/options'
import { ADDRESS } from '@capfkit/listen'
import { SERVER_OPTIONS } from '@capfkit/server'
import { JSON_OPTION } from '../command.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'

/** The registration authority of an Online CA: the client side of EST, as an operator says it. */
export const RA_OPTIONS = {
  ra: optionalText({
    ...ADDRESS,
    doc: 'Registration authority of --issuer online, which speaks EST over HTTPS. That of the product is on port 8084.',
  }),
  raLabel: optionalText({
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    range: '1 to 64 letters, digits, dots, dashes and underscores',
    doc: 'Label of the CA or certificate template, where the RA has several.',
  }),
  raTrust: optionalText({
    doc: 'PEM file with the certificates that the RA is known by. Without it, the roots of this system and the name of the RA.',
  }),
  raUser: optionalText({ doc: 'User that the RA asks for.' }),
  raPassword: optionalText({ doc: 'Password that the RA asks for.', secret: true }),
  raCertificate: optionalText({ doc: 'PEM file with a client certificate that the RA asks for, and its key.' }),
} as const

export const START_OPTIONS = { ...SERVER_OPTIONS, ...RA_OPTIONS, ...DOOR_OPTIONS, ...JSON_OPTION } as const
export type StartOptions = OptionsOf<typeof START_OPTIONS>
