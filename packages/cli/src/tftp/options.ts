import { flag, type OptionsOf, oneOf, optionalText, textList } from '@capfkit/codec/options'
import { LIST_PROFILES, type ListProfileName } from '@capfkit/pki'
import { FILE_SERVER_OPTIONS } from '@capfkit/tftp'
import { JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'
import { SIGNING_OPTIONS } from '../signed-file/options.ts'

/** Where the files come from, and what stands in those that are made. */
export const SOURCE_OPTIONS = {
  folder: optionalText({ doc: 'Folder whose files are served; they go before files that are made.' }),
  store: optionalText({
    doc: 'Device store of the CAPF server, sqlite:FILE: trust lists and configurations are made for its devices.',
  }),
  storeLockTimeoutMs: STORE_OPTIONS.storeLockTimeoutMs,
  tftpCertificate: optionalText({
    doc: 'PEM file with the RSA certificate, and its key, that signs configurations. Without it, tftp.pem beside the store, made when missing.',
  }),
  recoveryCertificate: optionalText({
    doc: 'PEM file with the RSA certificate, and its key, that signs the trust lists. Without it, itlrecovery.pem beside the store, made when missing.',
  }),
  httpsCertificate: optionalText({
    doc: 'PEM file with the EC certificate, and its key, of --https. Without it, tftp-ec.pem beside the store, made when missing.',
  }),
  capfCertificate: textList({
    doc: 'File with the CAPF certificate for the trust lists; several times for several. Without it, capf.pem beside the store, where it is there.',
  }),
  tvsCertificate: textList({ doc: 'File with the certificate of a TVS for the trust lists; several times for several.' }),
  capfAddress: textList({ doc: 'HOST:PORT where phones find CAPF, for their configuration; up to five.' }),
  tvsAddress: textList({ doc: 'HOST:PORT of a TVS, for their configuration, the first to ask first; up to five.' }),
  callManager: textList({ doc: 'HOST where phones register, for their configuration, the first to ask first.' }),
  securityMode: oneOf({
    default: 'non-secure',
    values: ['non-secure', 'authenticated', 'encrypted'],
    doc: 'deviceSecurityMode of every phone. Other than non-secure makes the cluster one in mixed mode: it has a CTL.',
  }),
  encryptedConfig: flag({
    default: false,
    doc: 'Encrypt the configuration of every phone. One without an LSC (RSA) in the store gets only what it needs to ask for one.',
  }),
  listProfile: oneOf({
    default: 'full',
    values: Object.keys(LIST_PROFILES) as ListProfileName[],
    doc: 'full: every certificate is in the ITL. cucm: CAPF and TVS by hash, as CUCM makes it.',
  }),
  ...SIGNING_OPTIONS,
} as const

export type SourceOptions = OptionsOf<typeof SOURCE_OPTIONS>

export const START_OPTIONS = { ...FILE_SERVER_OPTIONS, ...SOURCE_OPTIONS, ...DOOR_OPTIONS, ...JSON_OPTION } as const
