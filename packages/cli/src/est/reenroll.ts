import { oneOf, optionalText } from '@capfkit/codec/options'
import { signedCsr } from '@capfkit/est'
import {
  formatKeySpec,
  generateKeyPair,
  keySpecs,
  parseCertificate,
  parseKeySpec,
  readCertificateAndKey,
  readPrivateKey,
} from '@capfkit/pki'
import { command } from '../command.ts'
import { Interruption } from '../interruption.ts'
import { mustBeWritable } from '../output-file.ts'
import { required } from '../required.ts'
import { leaveCertificate, OUT_OPTION } from './enroll.ts'
import { CONNECTION_OPTIONS, clientOf } from './options.ts'
import { WAIT_OPTION } from './request.ts'

export const reenroll = command({
  name: 'reenroll',
  doc: 'Renew a certificate at an EST server, logging in with it',
  details: 'Subject and alternative names stay; so does the key, unless another one is asked for.',
  examples: [
    ['est reenroll --server 192.0.2.10:8084 --ca ca.pem --credential phone.pem --out phone.pem', 'In its place'],
    [
      'est reenroll --server 192.0.2.10:8084 --ca ca.pem --credential phone.pem --new-key ec:p256 --out new.pem',
      'With another key',
    ],
  ],
  options: {
    ...CONNECTION_OPTIONS,
    credential: optionalText({ doc: 'PEM file with the certificate that is renewed and its key. Required.' }),
    newKey: oneOf({
      default: 'keep',
      values: ['keep', ...keySpecs().map(formatKeySpec)],
      doc: 'Kind of the new key; keep: the one that is there.',
    }),
    ...WAIT_OPTION,
    ...OUT_OPTION,
  },
  async run({ options, io }) {
    const { credential: from, out: file } = required(options, {
      server: '--server HOST:PORT',
      credential: '--credential FILE',
      out: '--out FILE',
    })
    await mustBeWritable(file)
    const credential = readCertificateAndKey(from)
    const { subject, extensions } = parseCertificate(credential.certificateDer)
    const keyPair =
      options.newKey === 'keep' ? readPrivateKey(credential.keyPem) : await generateKeyPair(parseKeySpec(options.newKey))
    const { subjectAltName } = extensions
    const source = signedCsr({ subject, keyPair, ...(subjectAltName ? { subjectAltName } : {}) })
    using interruption = new Interruption(io)
    const { signal } = interruption
    using client = await clientOf(options, { signal, credential })
    const enrolled = await client.simpleReenroll(source, { signal, waitMs: options.waitMs })
    await leaveCertificate({ enrolled, keyPair, file }, { io, options })
    return undefined
  },
})
