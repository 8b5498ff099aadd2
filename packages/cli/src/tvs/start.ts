import { textList } from '@capfkit/codec/options'
import { createLog, formatAddress } from '@capfkit/listen'
import { readCertificateAndKey } from '@capfkit/pki'
import { TVS_OPTIONS, TvsServer, tvsMetrics } from '@capfkit/tvs'
import { identify } from '../certificate-files.ts'
import { command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { MistakesError } from '../errors.ts'
import { note } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'
import { serveUntilStopped } from '../service/serve-until-stopped.ts'
import { readStore, trustRules } from './trust.ts'

const trusted = (count: number) => `${counted(count, 'certificate')} in the store`

export const start = command({
  name: 'start',
  doc: 'Serve TVS until SIGTERM or Ctrl-C',
  details:
    'Answers that are due are given first; a second Ctrl-C cuts the connections. SIGHUP reads the TVS certificate and the files of --trust again. Prints one line when it is ready.',
  examples: [
    [
      'tvs start --listen 0.0.0.0:2445 --certificate tvs.pem --trust capf=capf.pem --trust sast,ccm+tftp=callmanager.pem',
      'Tell phones to trust two certificates',
    ],
  ],
  options: {
    ...TVS_OPTIONS,
    trust: textList({
      doc: 'ROLE=FILE, any number of times: the certificates in a file or folder, PEM or DER, and what they may be used for (sast, ccm, ccm+tftp, tftp, capf, app-server, tvs, or a number; several with commas). Required.',
    }),
    ...DOOR_OPTIONS,
    ...JSON_OPTION,
  },
  async run({ options, io }) {
    const { certificate: file, key } = required(options, { certificate: '--certificate FILE' })
    if (options.trust.length === 0) throw new MistakesError(['--trust ROLE=FILE is missing (CLI_USAGE)'])
    const rules = trustRules(options.trust)
    const read = () => readCertificateAndKey(file, key)
    const certificate = read()
    const store = await readStore(rules)
    const { subject, sha1, notAfter } = identify(certificate.certificateDer)
    note(io, `using the TVS certificate ${file}: ${subject}, SHA-1 ${sha1}, until ${notAfter}; ${trusted(store.size)}`)

    const log = createLog({ level: options.logLevel })
    await using server = await TvsServer.start({
      store,
      certificate,
      options: ownOptions(TVS_OPTIONS, options),
      log,
      now: () => io.now(),
    })
    const reload = async () => {
      const next = { certificate: read(), store: await readStore(rules) }
      server.reload(next)
      const now = identify(next.certificate.certificateDer)
      return `reloaded the TVS certificate: ${now.subject}, SHA-1 ${now.sha1}; ${trusted(next.store.size)}`
    }
    const report = () => {
      const { sessions, connections, certificates, counters } = server
      return { sessions, connections, certificates, counts: counters.counts }
    }
    const listening = server.address
    const serving = {
      service: server,
      sessions: () => server.sessions,
      reload,
      words: { kept: 'certificates stay as they are', cut: 'ending every connection now' },
      metrics: tvsMetrics(report),
      status: () => ({ listening, ...report() }),
      ready: { listening, certificate: { file, subject, sha1 }, certificates: store.size },
      listening: formatAddress(listening),
    }
    return await serveUntilStopped(serving, { options, io })
  },
})
