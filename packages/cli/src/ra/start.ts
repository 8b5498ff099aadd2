import { join } from 'node:path'
import { ErrorLog, EST_SERVER_OPTIONS, EstServer, estMetrics, ReferenceFolder, type ReferenceFolderInit } from '@capfkit/est'
import { AppendFile, createLog, formatAddress } from '@capfkit/listen'
import { certificatesIn, identify } from '../certificate-files.ts'
import { command } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { systemWords } from '../files.ts'
import { note, painter } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import { serveUntilStopped } from '../service/serve-until-stopped.ts'
import { authorityOf } from './authorities.ts'
import { FILES, folderCa, serverCertificate } from './ca-files.ts'
import { START_OPTIONS, type StartOptions } from './options.ts'

/** @throws {MistakesError} */
const usersOf = ({ httpAuth, user, password }: StartOptions): ReadonlyMap<string, string> => {
  if (httpAuth === 'off') return new Map()
  if (user === undefined || password === undefined)
    throw new MistakesError(['give --user and --password-file FILE: who may enrol; or --http-auth off (CLI_USAGE)'])
  return new Map([[user, password]])
}

/** What a start with these options lets happen, where it is not plain. */
const warningOf = ({ httpAuth, clientCertificates }: StartOptions): string | undefined =>
  httpAuth === 'off' && clientCertificates !== 'required'
    ? '--http-auth off without --client-certificates required: whoever reaches the port gets certificates'
    : undefined

type ReferenceWorld = Pick<ReferenceFolderInit, 'now'> & { folder: string; onError: (error: Error) => void }

/** AD CS gives its requests numbers; the other authorities need none. @throws {EstError} `EST_FOLDER_UNUSABLE` */
const referencesOf = async ({ authority, pendingTimeoutMs }: StartOptions, { folder, onError, now }: ReferenceWorld) =>
  authority === 'adcs'
    ? ReferenceFolder.open({
        folder: join(folder, FILES.pending),
        maxAgeMs: pendingTimeoutMs,
        now,
        onError: error => onError(error instanceof Error ? error : new Error(String(error))),
      })
    : undefined

export const start = command({
  name: 'start',
  doc: 'Serve EST as a registration authority until SIGTERM or Ctrl-C',
  details:
    'Leaves ca.pem, the certificate of its own CA, error.log and nginx.txt, the logs of such a service, in the folder of --out. ' +
    'Answers that are due are given first; a second Ctrl-C cuts the connections. SIGHUP shows another certificate, or reads --certificate again. Prints one line when it is ready.',
  examples: [
    ['ra start --user capf --password-file password --out ra', 'A CA of its own, on 127.0.0.1:8084'],
    [
      'ra start --user capf --password-file password --out ra --authority adcs --adcs ca.example:443 --adcs-user LAB\\ciscora --adcs-password-file adcs --adcs-trust root.pem',
      'In front of a Microsoft CA',
    ],
  ],
  options: START_OPTIONS,
  async run({ options, io }) {
    const { out: folder } = required(options, { out: '--out FOLDER' })
    const users = usersOf(options)
    const warning = warningOf(options)
    if (warning !== undefined) note(io, `${painter(io.stderr, io)('yellow', 'warning')}: ${warning}`)
    const { ca, made } = await folderCa(options, { folder, io })
    const authority = await authorityOf(options, { ca, folder, io })
    const clientCas = options.clientCa === undefined ? [ca.certificateDer] : await certificatesIn(options.clientCa)
    const { subject, sha1, notAfter } = identify(ca.certificateDer)
    note(io, `${made ? 'made' : 'using'} the CA ${join(folder, FILES.ca)}: ${subject}, SHA-1 ${sha1}, until ${notAfter}`)

    const onError = (error: Error) => note(io, `capf: a file of the service cannot be written: ${systemWords(error)}`)
    await using sink = new AppendFile({ file: join(folder, FILES.errorLog), onError })
    await using serviceSink = new AppendFile({ file: join(folder, FILES.serviceLog), onError })
    await using references = await referencesOf(options, { folder, onError, now: () => io.now() })
    await using server = await EstServer.start({
      authority,
      ...(references ? { references } : {}),
      certificate: await serverCertificate(options, { ca, io }),
      users,
      clientCas,
      options: ownOptions(EST_SERVER_OPTIONS, options),
      log: createLog({ level: options.logLevel }),
      errorLog: new ErrorLog({ sink, serviceSink, now: () => io.now() }),
      now: () => io.now(),
    })
    const reload = async () => {
      const certificate = await serverCertificate(options, { ca, io })
      server.reload(certificate)
      const now = identify(certificate.certificateDer)
      return `reloaded the certificate: ${now.subject}, SHA-1 ${now.sha1}`
    }
    const listening = server.address
    const serving = {
      service: server,
      sessions: () => server.connections,
      reload,
      words: { kept: 'the certificate stays as it is', cut: 'ending every connection now' },
      metrics: estMetrics(() => server.report()),
      status: () => ({ listening, ...server.report() }),
      ready: { listening, authority: options.authority, ca: { file: join(folder, FILES.ca), made, subject, sha1 } },
      listening: formatAddress(listening),
    }
    return await serveUntilStopped(serving, { options, io })
  },
})
