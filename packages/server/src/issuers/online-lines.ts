import { traceText } from '@capfkit/codec/trace'
import type { TraceEntry } from '../trace.ts'
import { block, debugLine } from '../trace-lines.ts'
import { LIBEST, type LibestResult, type OnlineCa } from './enrol.ts'

/**
 * Where the product keeps requests and certificates while it works. Ours are in the device store: the paths are words of the
 * trace, which its readers look for [CAPF-6.2].
 */
const csrFile = (deviceName: string) => `/tmp/capf/csr/${deviceName}.csr`
const CERTIFICATE_FOLDER = '/tmp/capf/cert/'
const certificateFile = (deviceName: string) => `${CERTIFICATE_FOLDER}${deviceName}.der`

const debugLines = (deviceName: string | undefined, texts: readonly string[]) => texts.flatMap(text => debugLine(deviceName, text))

/** The session has a key and asks for its certificate. */
export const enrolmentLines = (deviceName: string): TraceEntry[] =>
  debugLines(deviceName, ['CA Mode is OnlineCA, Initiating Automatic Certificate Enrollment'])

/** The request leaves. */
export const callLines = (deviceName: string): TraceEntry[] =>
  debugLines(deviceName, [
    traceText('calling', { file: csrFile(deviceName) }),
    'Inside X509_REQ *read_csr()',
    'Completed action in X509_REQ *read_csr()',
  ])

const readsetLines = (running: number) => debugLines(undefined, [`addded ${running} to readset`])

/** The CA has signed. */
export const signedLines = (deviceName: string, pkcs7Bytes: number): TraceEntry[] =>
  debugLines(deviceName, [
    traceText('enrolled', { ...LIBEST.NONE, bytes: pkcs7Bytes }),
    `Signed Cert written to ${CERTIFICATE_FOLDER} location...`,
    'Inside write_binary_file()',
    'Completed action in write_binary_file()',
    'Converting PKCS7 file to PEM format and PEM to DER',
    traceText('returned', LIBEST.NONE),
    'Online Cert Signing successful',
  ])

/** The certificate is for this device. `running` stands where the product has a descriptor: the requests at the CA [CAPF-6.2]. */
export const readyLines = (deviceName: string, running: number): TraceEntry[] => [
  ...block('findAndPost', [`Device found in the cache map ${deviceName}`]),
  ...readsetLines(running),
  ...debugLines(undefined, ['Recd event']),
  ...debugLines(deviceName, ['CA CERT RES certificate ready .']),
]

/** The CA was asked in vain. */
export const failureLines = (deviceName: string, { libest, running }: { libest: LibestResult; running: number }): TraceEntry[] => [
  ...debugLines(deviceName, [
    traceText('enrolled', { ...libest, bytes: 0 }),
    'est_client_enroll_csr() Failed! Could not obtain new certificate. Aborting.',
    traceText('returned', libest),
    'Online Cert Signing Failed',
  ]),
  ...readsetLines(running),
]

/** The certificate goes from the CA to the phone. */
export const certificateLines = (deviceName: string): TraceEntry[] => [
  ...debugLines(undefined, [
    `loadFile('${certificateFile(deviceName)}')`,
    `loadFile() successfully loaded file: '${certificateFile(deviceName)}'`,
  ]),
  ...debugLines(deviceName, ['Read certificate for device']),
  ...debugLines(undefined, [`LSC is verified. removing CSR at ${csrFile(deviceName)}`]),
]

type StartOf = Pick<OnlineCa, 'host' | 'port' | 'template'>

/** The service reads its parameters. */
export const parameterLines = ({ host, port, template }: StartOf): TraceEntry[] => {
  const init = (text: string) => ({ kind: 'body', text: `CServiceParameters::Init() ${text}` }) as const
  return [
    init('Certificate Generation Method=OnlineCA:4'),
    ...block('CServiceParameters::OnlineCAInit()', [
      `Online CA hostname is ${host}`,
      `Online CA Port : ${port}`,
      `Online CA Template is ${template}`,
      'Reading CAPF Service Parameters done',
    ]),
    init('OnlineCA Initialized'),
  ]
}

/** The client towards the RA is set up. */
export const clientLines = (caCertificates: readonly Buffer[]): TraceEntry[] =>
  debugLines(undefined, [
    'CA Type is Online CA, setting up EST Connection',
    'Inside setUpESTClient',
    `cacert read success. cacert length : ${caCertificates.reduce((sum, { length }) => sum + length, 0)}`,
    'EST context ectx initialized',
    'CA Credentials retrieved',
    'est_client_set_auth() Successful!!',
    'EST set server details success!!',
  ])
