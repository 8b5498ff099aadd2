import { optionalText } from '@capfkit/codec/options'
import { JSON_OPTION } from '../command.ts'
import { SIGNING_OPTIONS } from '../signed-file/options.ts'

/** What signing and encrypting have in common. */
export const MAKING_OPTIONS = {
  signer: optionalText({
    doc: 'PEM file with the certificate and key that sign, RSA: on a cluster those of the TFTP node. Required.',
  }),
  fileName: optionalText({ doc: 'FILENAME of the header: the name by which phones ask. Default: that of the file written.' }),
  ...SIGNING_OPTIONS,
  ...JSON_OPTION,
} as const

export const PLAIN_FILE = { doc: 'Plain configuration file, - for stdin.' } as const
