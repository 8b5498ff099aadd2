import { type CertificateAndKey, checkTrustList } from '@capfkit/pki'
import { phoneRecords } from '@capfkit/server'
import { type Cluster, chainSources, DeviceFiles, type FileSource, folderSource } from '@capfkit/tftp'
import { openStore } from '../device/store.ts'
import { MistakesError } from '../errors.ts'
import { flagName } from '../frame/names.ts'
import type { Io } from '../io.ts'
import { warnOf } from '../signed-file/findings.ts'
import { type CertificateKind, certificateFor, listedCertificates, SIGNERS } from './certificates.ts'
import type { SourceOptions } from './options.ts'
import { commonConfig } from './phone-config.ts'

type World = { options: SourceOptions & { https: string | undefined }; io: Io }

type Pairs = { readonly [K in CertificateKind]?: CertificateAndKey }

/** Named or made, each once; that of HTTPS only where it is served. */
const readPairs = async ({ options, io }: World): Promise<Pairs> => {
  const kinds = options.https === undefined ? SIGNERS : ([...SIGNERS, 'httpsCertificate'] as const)
  const pairs: [CertificateKind, CertificateAndKey | undefined][] = []
  for (const kind of kinds) pairs.push([kind, await certificateFor(kind, { options, io })])
  return Object.fromEntries(pairs.filter(([, pair]) => pair))
}

/** The cluster as the files of this moment say. */
const readCluster = async (
  options: SourceOptions,
  { tftpCertificate, recoveryCertificate, httpsCertificate }: Pairs,
): Promise<Cluster> => ({
  // A store has one beside it, made when it was missing.
  tftp: tftpCertificate!,
  ...(recoveryCertificate ? { recovery: recoveryCertificate } : {}),
  certificates: await listedCertificates(options),
  ...(httpsCertificate ? { httpsCertificateDer: httpsCertificate.certificateDer } : {}),
  isMixed: options.securityMode !== 'non-secure',
  listProfile: options.listProfile,
  digest: options.digest,
  config: commonConfig(options),
})

/** Where the files of a server come from, open until it ends. */
export type Sources = AsyncDisposable & {
  readonly source: FileSource
  readonly httpsCertificate: CertificateAndKey | undefined
  /** Read certificates again: what was made with the old ones is made anew. Gives that of HTTPS. */
  reload(): Promise<CertificateAndKey | undefined>
}

const warnOfLists = ({ itl, ctl }: DeviceFiles['lists'], io: Io) => {
  for (const [name, bytes] of Object.entries({ 'ITLFile.tlv': itl, 'CTLFile.tlv': ctl })) {
    if (!bytes) continue
    const { findings, list } = checkTrustList(bytes, { at: io.now() })
    warnOf(io, name, { findings, records: list.records })
  }
}

/** What says something of files that are made, and would be of no effect without a store. */
const OF_MADE_FILES = [
  'tftpCertificate',
  'recoveryCertificate',
  'capfCertificate',
  'tvsCertificate',
  'capfAddress',
  'tvsAddress',
  'callManager',
] as const satisfies (keyof SourceOptions)[]

const mustNotBeGiven = (options: SourceOptions): void => {
  if (options.folder === undefined)
    throw new MistakesError(['--folder DIR or --store sqlite:FILE is missing; or give both (CLI_USAGE)'])
  const given = OF_MADE_FILES.filter(name => options[name] !== undefined && options[name].length > 0)
  if (given.length > 0)
    throw new MistakesError(given.map(name => `--${flagName(name)} is of files that are made: give --store as well (CLI_USAGE)`))
}

/** @throws {MistakesError} without a folder and a store; what the parts say of their files. */
export const openSources = async (world: World & { cacheBytes: number; maxFileBytes: number }): Promise<Sources> => {
  const { options, io, cacheBytes, maxFileBytes } = world
  const { folder, store: storeName, storeLockTimeoutMs } = options
  const sources: FileSource[] = []
  if (storeName === undefined) mustNotBeGiven(options)
  if (folder !== undefined) sources.push(await folderSource({ folder, maxFileBytes, cacheBytes }))
  await using opened = new AsyncDisposableStack()
  const store = storeName === undefined ? undefined : openStore({ store: storeName, storeLockTimeoutMs }, { mustExist: true })
  if (store) opened.use(store)
  const pairs = await readPairs(world)
  let files: DeviceFiles | undefined
  if (store) {
    const cluster = await readCluster(options, pairs)
    files = await DeviceFiles.create({ cluster, devices: phoneRecords(store), cacheBytes, now: () => io.now() })
    warnOfLists(files.lists, io)
    sources.push(files)
  }
  const open = opened.move()
  return {
    source: chainSources(sources),
    httpsCertificate: pairs.httpsCertificate,
    async reload() {
      const next = await readPairs(world)
      await files?.update(await readCluster(options, next))
      if (files) warnOfLists(files.lists, io)
      return next.httpsCertificate
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
