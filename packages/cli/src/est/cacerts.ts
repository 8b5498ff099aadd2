import { text } from '@capfkit/codec/options'
import { derToPem } from '@capfkit/pki'
import { identify } from '../certificate-files.ts'
import { command } from '../command.ts'
import { Interruption } from '../interruption.ts'
import { note, print } from '../io.ts'
import { writeOutput } from '../output-file.ts'
import { CONNECTION_OPTIONS, clientOf } from './options.ts'

export const cacerts = command({
  name: 'cacerts',
  doc: 'Get the certificates of the CA behind an EST server',
  details: 'PEM, in the order of the server, which means nothing. With --fingerprint a machine that trusts nobody yet can begin.',
  examples: [
    ['est cacerts --server 192.0.2.10:8084 --ca ca.pem', 'To stdout'],
    [
      'est cacerts --server 192.0.2.10:8084 --fingerprint 5f:3a:… --out ca.pem',
      'The first time, knowing the CA by its fingerprint',
    ],
  ],
  options: { ...CONNECTION_OPTIONS, out: text({ default: '-', doc: 'File for the certificates; - is stdout.' }) },
  async run({ options, io }) {
    using interruption = new Interruption(io)
    const { signal } = interruption
    using client = await clientOf(options, { signal })
    const certificates = await client.caCerts({ signal })
    const rows = certificates.map(identify)
    if (options.json) {
      const listed = certificates.map((der, index) => ({ ...rows[index], pem: derToPem(der) }))
      print(io, JSON.stringify({ version: 1, server: options.server, certificates: listed }))
    }
    if (!options.json || options.out !== '-')
      await writeOutput({ file: options.out, data: Buffer.from(derToPem(certificates)), io })
    for (const { subject, sha1, notAfter } of rows) note(io, `${subject}, SHA-1 ${sha1}, until ${notAfter}`)
    return undefined
  },
})
