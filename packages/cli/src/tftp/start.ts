import { createLog, formatAddress } from '@capfkit/listen'
import { FILE_SERVER_OPTIONS, FileServer, fileMetrics } from '@capfkit/tftp'
import { command } from '../command.ts'
import { note, print } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { type OpenDoor, openDoors } from '../service/doors.ts'
import { UntilStopped } from '../service/until-stopped.ts'
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
    const server = await FileServer.start({
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
    const running = () => server.report().transfers + server.report().connections
    let doors: OpenDoor[] = []
    using until = new UntilStopped({
      service: server,
      io,
      sessions: running,
      reload,
      words: { kept: 'certificates stay as they are', cut: 'ending every transfer now' },
    })
    try {
      const drain = () => {
        setImmediate(until.drain)
        return { draining: true }
      }
      const { tftp, http, https: secure } = server.addresses
      const listening = { ...(tftp ? { listening: tftp } : {}), http, ...(secure ? { https: secure } : {}) }
      const actions = {
        status: () => ({ version: 1, ...listening, ...server.report() }),
        reload: async () => ({ said: await reload() }),
        drain,
      }
      doors = await openDoors(options, { metrics: fileMetrics(() => server.report()), isHealthy: () => true, actions })
      for (const { name, door } of doors) note(io, `${name} on http://${formatAddress(door.address)}`)
      const addresses = Object.entries({ tftp, http, https: secure }).flatMap(([scheme, address]) =>
        address ? [`${scheme}://${formatAddress(address)}`] : [],
      )
      const ready = { version: 1, ...listening, ...Object.fromEntries(doors.map(({ name, door }) => [name, door.address])) }
      print(io, options.json ? JSON.stringify(ready) : `listening on ${addresses.join(' ')}`)
      return await until.stopped
    } finally {
      for (const { door } of doors) await door[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    }
  },
})
