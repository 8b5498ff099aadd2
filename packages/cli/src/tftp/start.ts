import { createLog, formatAddress } from '@capfkit/listen'
import { FILE_SERVER_OPTIONS, FileServer, fileMetrics } from '@capfkit/tftp'
import { command } from '../command.ts'
import { ownOptions } from '../own-options.ts'
import { serveUntilStopped } from '../service/serve-until-stopped.ts'
import { START_OPTIONS } from './options.ts'
import { openSources } from './sources.ts'

export const start = command({
  name: 'start',
  doc: 'Serve files by TFTP and HTTP until SIGTERM or Ctrl-C',
  details:
    'The files of a folder, and trust lists and configurations that are made for the devices of a store. Either signal lets running transfers end first; a second Ctrl-C cuts them. SIGHUP reads the certificates again. Prints one line when it is ready.',
  examples: [
    ['tftp start --folder /srv/tftp --listen 192.0.2.10:69 --http 192.0.2.10:6970', 'Serve the files of a folder to the network'],
    [
      'tftp start --listen 127.0.0.1:6969 --store sqlite:capf.db --capf-address 127.0.0.1:3804 --call-manager 127.0.0.1',
      'Make the files of the phones that a CAPF server knows',
    ],
  ],
  options: START_OPTIONS,
  async run({ options, io }) {
    const { cacheBytes, maxFileBytes } = options
    await using sources = await openSources({ options, io, cacheBytes, maxFileBytes })
    const { source, httpsCertificate } = sources
    await using server = await FileServer.start({
      source,
      options: ownOptions(FILE_SERVER_OPTIONS, options),
      ...(httpsCertificate ? { httpsCertificate } : {}),
      log: createLog({ level: options.logLevel }),
    })
    const reload = async () => {
      const next = await sources.reload()
      if (next) server.reload(next)
      return 'reloaded the certificates; files are made anew'
    }
    const { tftp, http, https: secure } = server.addresses
    const listening = { ...(tftp ? { listening: tftp } : {}), http, ...(secure ? { https: secure } : {}) }
    const addresses = Object.entries({ tftp, http, https: secure }).flatMap(([scheme, address]) =>
      address ? [`${scheme}://${formatAddress(address)}`] : [],
    )
    const serving = {
      service: server,
      sessions: () => server.report().transfers + server.report().connections,
      reload,
      words: { kept: 'certificates stay as they are', cut: 'ending every transfer now' },
      metrics: fileMetrics(() => server.report()),
      status: () => ({ ...listening, ...server.report() }),
      ready: listening,
      listening: addresses.join(' '),
    }
    return await serveUntilStopped(serving, { options, io })
  },
})
