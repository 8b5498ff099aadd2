import { flag, type OptionsOf, oneOf, optionalText } from '@capfkit/codec/options'
import { ADDRESS } from '@capfkit/listen'
import { FAULT_RANGE, MODELS, type ModelName, NETWORK_RANGE, PHONE_OPTIONS } from '@capfkit/phone'
import { JSON_OPTION } from '../command.ts'

/** Who a phone is, for every command that has one. */
export const PHONE_IDENTITY_OPTIONS = {
  authString: optionalText({ doc: 'The authentication string of this device.', secret: true }),
  lsc: optionalText({ doc: 'PEM file with an LSC and its key, in the place of the one that is kept.' }),
  mic: optionalText({ doc: 'PEM file with the MIC and its key.' }),
  sudi: flag({ default: false, doc: 'Send SUDI_DATA, too, where there is an RSA MIC.' }),
  model: oneOf({
    default: '8861',
    values: Object.keys(MODELS) as ModelName[],
    doc: 'Model of the phone: protocol version, TLS, which keys it can make, which files it asks for.',
  }),
  protocolVersion: oneOf({ default: 'model', values: ['model', '2', '3'], doc: 'CAPF version to speak.' }),
  keyPool: optionalText({
    doc: 'Key pool to take the key from, made by capf keys generate. Without it, or for another kind of key, one is generated.',
  }),
} as const

/** What only `enrol` has, beside the options of the phone itself. */
const ENROL_IDENTITY_OPTIONS = {
  server: optionalText({
    ...ADDRESS,
    doc: 'The CAPF server. Required.',
  }),
  capfCertificate: optionalText({
    doc: 'PEM or DER file with the certificate of the CAPF server (or several): the phone trusts no other. Required.',
  }),
  out: optionalText({
    doc: 'Folder for NAME.pem: certificate and key of the LSC, mode 0600. It is made when missing. A NAME.pem that is there is the LSC of the phone. Required.',
  }),
  auth: oneOf({
    default: 'given',
    values: ['given', 'null', 'string', 'lsc', 'mic'],
    doc: 'How the phone proves who it is; "given": by what is given, the string first, then LSC, MIC, nothing.',
  }),
  ...PHONE_IDENTITY_OPTIONS,
  fault: optionalText({
    range: FAULT_RANGE,
    doc: 'Do something wrong on purpose, such as reset:at=KEY_GENERATE_RESPONSE: see faults.md. Exit code 0: the server did about it what it should.',
  }),
  network: optionalText({
    range: NETWORK_RANGE,
    doc: 'What the network of the phone is like, such as latencyMs=150,resetPerWrite=1%: see faults.md.',
  }),
  micCa: optionalText({
    doc: 'PEM file with certificate and key of the manufacturing CA that signs wrong MICs for --fault; without it they are of strangers.',
  }),
} as const

export const ENROL_OPTIONS = { ...ENROL_IDENTITY_OPTIONS, ...PHONE_OPTIONS, ...JSON_OPTION } as const
export type EnrolOptions = OptionsOf<typeof ENROL_OPTIONS>
