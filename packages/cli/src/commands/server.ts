import { formatAddress, mustBeFree, parseAddress } from '@capfkit/listen'
import { capfMetrics, SERVER_OPTIONS, ServerGroup } from '@capfkit/server'
import { certificatesIn, identify } from '../certificate-files.ts'
import { type AnyCommand, command } from '../command.ts'
import { note } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { capfCertificate, otherCa } from '../server/certificates.ts'
import { onlineGroup } from '../server/online-group.ts'
import { START_OPTIONS } from '../server/options.ts'
import { serveUntilStopped } from '../service/serve-until-stopped.ts'
import { shownStore } from '../store-file.ts'

const start = command({
  name: 'start',
  doc: 'Serve CAPF until SIGTERM or Ctrl-C',
  details:
    'Either lets running sessions end first; a second Ctrl-C cuts them. SIGHUP reads the certificate again. Prints one line when it is ready.',
  examples: [
    ['server start --listen 0.0.0.0:3804 --store sqlite:/var/lib/capf/capf.db', 'Serve the devices of a store to the network'],
    [
      'server start --store postgres://capf@db.example/capf --certificate capf.pem',
      'One of several servers on one database, with the certificate of all of them',
    ],
    ['server start --issuer online --ra ra.example.com:8084 --ra-trust ra.pem --ra-user capf', 'Have a CA sign the LSCs'],
    ['server start --issuer offline --lsc-ca ca.pem', 'Keep certificate requests for a CA that is brought them'],
  ],
  options: START_OPTIONS,
  async run({ options, io }) {
    await mustBeFree(parseAddress(options.listen))
    const ca = otherCa(options)
    const micCas = options.micCa === undefined ? [] : await certificatesIn(options.micCa)
    const lscCas = options.lscCa === undefined ? [] : await certificatesIn(options.lscCa)
    const online = await onlineGroup(options, io)
    // The last of all: who cannot start leaves no new certificate behind.
    const source = await capfCertificate(options, io.now())
    const { subject, sha1, notAfter } = identify(source.certificate.certificateDer)
    note(io, `${source.made ? 'made' : 'using'} the CAPF certificate ${source.file}: ${subject}, SHA-1 ${sha1}, until ${notAfter}`)

    await using group = await ServerGroup.start({
      options: ownOptions(SERVER_OPTIONS, options),
      certificate: source.certificate,
      ...(ca ? { ca } : {}),
      micCas,
      lscCas,
      ...online,
      onWorkerLost: error => note(io, `${error.message}; it is started again`),
    })
    const reload = () => {
      const certificate = source.read()
      group.reload(certificate)
      const now = identify(certificate.certificateDer)
      return `reloaded the CAPF certificate: ${now.subject}, SHA-1 ${now.sha1}`
    }
    const report = () => group.report()
    const listening = group.address
    const serving = {
      service: group,
      sessions: () => report().sessions,
      reload,
      words: { kept: 'the certificate stays as it is', cut: 'ending every session now; their devices stay pending' },
      metrics: capfMetrics(report),
      isHealthy: () => report().workers > 0,
      status: () => ({ listening, ...report() }),
      ready: {
        listening,
        workers: group.pids.length,
        certificate: { file: source.file, made: source.made, subject, sha1 },
        store: shownStore(options.store),
      },
      listening: formatAddress(listening),
    }
    return await serveUntilStopped(serving, { options, io })
  },
})

export const commands: readonly AnyCommand[] = [start]
