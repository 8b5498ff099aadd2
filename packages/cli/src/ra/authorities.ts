import { join } from 'node:path'
import { type Authority, adcsAuthority, CsrFolder, embeddedAuthority, folderAuthority } from '@capfkit/est'
import { AdcsClient } from '@capfkit/est/adcs'
import type { CertificateAndKey } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import type { Io } from '../io.ts'
import { required } from '../required.ts'
import { FILES } from './ca-files.ts'
import type { StartOptions } from './options.ts'

type World = { readonly ca: CertificateAndKey; readonly folder: string; readonly io: Io }

/** By the word of `--authority`. */
const AUTHORITIES: Readonly<Record<StartOptions['authority'], (options: StartOptions, world: World) => Promise<Authority>>> = {
  embedded: async (_, { ca, io }) => embeddedAuthority({ ca, now: () => io.now() }),
  folder: async (options, { folder }) => {
    const { caCertificate } = required(options, { caCertificate: '--ca-certificate FILE' })
    const caCertificates = await certificatesIn(caCertificate)
    return folderAuthority({ folder: await CsrFolder.open(join(folder, FILES.requests)), caCertificates })
  },
  adcs: async (options, { io }) => {
    const given = required(options, {
      adcs: '--adcs HOST:PORT',
      adcsUser: '--adcs-user USER',
      adcsPassword: '--adcs-password-file FILE',
      adcsTrust: '--adcs-trust FILE',
    })
    const now = () => io.now()
    const trusted = await certificatesIn(given.adcsTrust)
    const client = new AdcsClient({
      trusted,
      options: { server: given.adcs, user: given.adcsUser, password: given.adcsPassword },
      date: now,
    })
    return adcsAuthority({ client, template: options.adcsTemplate, trusted, now })
  },
}

/** Who signs. @throws {MistakesError} {CliError} {EstError} */
export const authorityOf = (options: StartOptions, world: World): Promise<Authority> =>
  AUTHORITIES[options.authority](options, world)
