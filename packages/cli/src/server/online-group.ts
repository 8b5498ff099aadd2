import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EstError } from '@capfkit/est'
import { formatAddress } from '@capfkit/listen'
import type { ServerGroupInit, ServerOptions } from '@capfkit/server'
import { identify } from '../certificate-files.ts'
import { type Io, note } from '../io.ts'
import type { StartOptions } from './options.ts'
import { type RaWiring, raClient, raWiring } from './registration-authority.ts'

// From source this is a .ts file, in the published package a .js file.
const PROGRAM = fileURLToPath(new URL(`./online-worker${extname(import.meta.filename)}`, import.meta.url))

/** Ask the RA for its CA certificates. One that does not answer today may tomorrow: the server starts all the same, and says so. */
const caCertificatesOf = async (wiring: RaWiring, { options, io }: { options: ServerOptions; io: Io }): Promise<Buffer[]> => {
  // Who waits here is the one who starts the server, and no phone: nothing is heard out.
  using client = raClient(wiring, { ...options, caLateMs: 0 })
  try {
    const certificates = await client.caCerts()
    for (const der of certificates) note(io, `Online CA behind ${formatAddress(wiring.server)}: ${identify(der).subject}`)
    return certificates
  } catch (error) {
    if (!(error instanceof EstError)) throw error
    note(io, `the Online CA does not answer now, and phones get no certificate until it does: ${error.message}`)
    return []
  }
}

/** What a server group needs for `--issuer online`; nothing for the other issuers. */
export const onlineGroup = async (options: StartOptions, io: Io): Promise<Pick<ServerGroupInit, 'worker'>> => {
  const wiring = await raWiring(options)
  if (!wiring) return {}
  const caCertificates = await caCertificatesOf(wiring, { options, io })
  return { worker: { program: PROGRAM, wiring: { ...wiring, caCertificates } } }
}
