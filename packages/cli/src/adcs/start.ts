import { join } from 'node:path'
import { optionalText, text } from '@capfkit/codec/options'
import { ADCS_OPTIONS, AdcsSimulator, adcsMetrics, makeWebCertificate } from '@capfkit/est/adcs'
import { createLog, formatAddress } from '@capfkit/listen'
import { derToPem } from '@capfkit/pki'
import { identify } from '../certificate-files.ts'
import { command, JSON_OPTION } from '../command.ts'
import { systemWords } from '../files.ts'
import { type Io, note } from '../io.ts'
import { makeOutFolder } from '../out-folder.ts'
import { writeOutput } from '../output-file.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import { DOOR_OPTIONS } from '../service/doors.ts'
import { serveUntilStopped } from '../service/serve-until-stopped.ts'
import { IisLogFiles } from './iis-log-files.ts'
import { officerActions } from './officer.ts'

/** What is left in the folder of `--out`, beside the log of IIS. */
const FILES = { ca: 'ca.pem', web: 'iis.pem' } as const

type Leaving = { simulator: AdcsSimulator; folder: string; io: Io }

/** Root certificates of the CA and the chain of the web server: what others must trust, and what they see. */
const leaveCertificates = async ({ simulator, folder, io }: Leaving): Promise<void> => {
  const caPem = derToPem([...simulator.authority.roots])
  await writeOutput({ file: join(folder, FILES.ca), data: Buffer.from(caPem), io })
  await writeOutput({ file: join(folder, FILES.web), data: Buffer.from(simulator.webCertificatePem), io })
}

export const start = command({
  name: 'start',
  doc: 'Pretend to be a Microsoft CA with web enrolment until SIGTERM or Ctrl-C',
  details:
    'For tests and labs: keys and requests are made anew at each start and forgotten at its end. Leaves ca.pem, iis.pem and the log of IIS in the folder of --out. ' +
    'Answers that are due are given first; a second Ctrl-C cuts the connections. SIGHUP gives the web server another certificate. ' +
    'Behind --admin an officer has GET /pending, POST /approve?request=N and POST /deny?request=N; POST /renew renews the CA, POST /fault?set=STEP=FAULT breaks something, POST /mend mends it. Prints one line when it is ready.',
  examples: [
    ['adcs start --password-file password --out adcs', 'User TEST\\ciscora, template CiscoRA, on 127.0.0.1:4443'],
    [
      'adcs start --password-file password --template CiscoRA=pend --fault login=slow:2000 --admin 127.0.0.1:8080 --out adcs',
      'An officer must approve, and each login takes two seconds',
    ],
  ],
  options: {
    ...ADCS_OPTIONS,
    user: text({ default: 'ciscora', doc: 'Who may log in, without the domain.' }),
    password: optionalText({ doc: 'Password of the user. Required.', secret: true }),
    out: optionalText({ doc: 'Folder for ca.pem, iis.pem and the log of IIS; made when missing. Required.' }),
    ...DOOR_OPTIONS,
    ...JSON_OPTION,
  },
  async run({ options, io }) {
    const { user, password, out: folder } = required(options, { password: '--password-file FILE', out: '--out FOLDER' })
    await makeOutFolder(folder)
    const onError = (error: Error) => note(io, `capf: the log of IIS cannot be written: ${systemWords(error)}`)
    await using iisLog = new IisLogFiles({ folder, now: () => io.now(), onError })
    await using simulator = await AdcsSimulator.start({
      options: ownOptions(ADCS_OPTIONS, options),
      users: { [user]: password },
      log: createLog({ level: options.logLevel }),
      onIisLine: line => iisLog.write(line),
      now: () => io.now(),
    })
    const leave = () => leaveCertificates({ simulator, folder, io })
    const reload = async () => {
      const { host, webCertificate: kind } = options
      simulator.reload(await makeWebCertificate(kind, { authority: simulator.authority, host, now: () => io.now() }))
      await leave()
      return 'made another certificate for the web server'
    }
    await leave()
    const { subject, sha1, notAfter } = identify(simulator.authority.roots.at(-1)!)
    note(io, `made the CA ${subject}, SHA-1 ${sha1}, until ${notAfter}; a simulation: trust it in a laboratory only`)
    const listening = simulator.address
    const serving = {
      service: simulator,
      sessions: () => simulator.report.connections,
      reload,
      words: { kept: 'the web server keeps its certificate', cut: 'ending every connection now' },
      metrics: adcsMetrics(() => simulator.report),
      further: officerActions(simulator, leave),
      status: () => ({ listening, ...simulator.report }),
      ready: { listening, ca: { file: join(folder, FILES.ca), subject, sha1 }, web: { file: join(folder, FILES.web) } },
      listening: formatAddress(listening),
    }
    return await serveUntilStopped(serving, { options, io })
  },
})
