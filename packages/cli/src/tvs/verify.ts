import { optionalText } from '@capfkit/codec/options'
import { roleName } from '@capfkit/codec/tvs'
import { ADDRESS, parseAddress } from '@capfkit/listen'
import { TVS_CLIENT_OPTIONS, TvsClient, type Verdict } from '@capfkit/tvs'
import { certificatesIn, identify } from '../certificate-files.ts'
import { command, JSON_OPTION } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { painter, print } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import { plain } from '../screen-table.ts'

const inWords = ({ isValid, status, roles, ttlSeconds }: Verdict): string => {
  if (!isValid) return status === 1 ? 'not valid' : `not valid (status ${status})`
  const named = roles.map(role => roleName(role) ?? `role ${role}`).join(', ')
  return `valid: ${named === '' ? 'no role' : named}${ttlSeconds === undefined ? '' : `, for ${ttlSeconds} s`}`
}

export const verify = command({
  name: 'verify',
  doc: 'Ask a TVS whether it vouches for a certificate, as phones do',
  details:
    'Asks about each certificate in the file. Exit code 0: valid, all of them; 1: not valid; 6: no TVS that is trusted has answered.',
  examples: [
    ['tvs verify capf.pem --server 192.0.2.10:2445 --tvs-certificate tvs.pem', 'Would phones trust this CAPF certificate?'],
  ],
  words: { file: { doc: 'PEM or DER file with one certificate or several.' } },
  options: {
    server: optionalText({ ...ADDRESS, doc: 'The TVS. Required.' }),
    tvsCertificate: optionalText({
      doc: 'PEM or DER file with the certificate of the TVS (or several): no other server is asked anything. Required.',
    }),
    deviceName: optionalText({ doc: 'Who asks, such as CP-8861-SEP001122334455. Without it, nobody is named.' }),
    ...TVS_CLIENT_OPTIONS,
    ...JSON_OPTION,
  },
  async run({ options, words: { file }, io }) {
    const { server, tvsCertificate, deviceName } = required(options, {
      server: '--server HOST:PORT',
      tvsCertificate: '--tvs-certificate FILE',
    })
    const certificates = await certificatesIn(file)
    const trusted = await certificatesIn(tvsCertificate)
    using interruption = new Interruption(io)
    const { signal } = interruption
    await using client = new TvsClient({
      ...parseAddress(server),
      trusted,
      options: ownOptions(TVS_CLIENT_OPTIONS, options),
      ...(deviceName === undefined ? {} : { deviceName }),
    })
    const paint = painter(io.stdout, io)
    let refused = 0
    for (const certificateDer of certificates) {
      const verdict = await client.verify(certificateDer, { signal })
      const { subject, sha1 } = identify(certificateDer)
      if (!verdict.isValid) refused++
      if (options.json) {
        const roles = verdict.roles.map(number => ({ number, name: roleName(number) }))
        print(io, JSON.stringify({ version: 1, subject, sha1, ...verdict, roles }))
      } else print(io, `${plain(subject)}: ${paint(verdict.isValid ? 'green' : 'red', inWords(verdict))}`)
    }
    return refused > 0 ? EXIT.failed : undefined
  },
})
