import { type OptionsOf, oneOf, optionalText } from '@capfkit/codec/options'
import { listKind, type RoleName, type Version } from '@capfkit/codec/tlv'
import { buildTrustList, checkTrustList, LIST_PROFILES, type ListProfileName, profileRecords } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import { command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { MistakesError } from '../errors.ts'
import { type Io, note, print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { findingData, warnOf } from '../signed-file/findings.ts'
import { SIGNING_OPTIONS } from '../signed-file/options.ts'
import { nameOf, readFileSigner } from '../signed-file/read.ts'
import { listView } from '../signed-file/view.ts'
import { ROLE_FLAG_NAMES, ROLE_FLAGS, ROLE_OPTIONS } from './roles.ts'

const BUILD_OPTIONS = {
  ...ROLE_OPTIONS,
  profile: oneOf({
    default: 'full',
    values: Object.keys(LIST_PROFILES) as ListProfileName[],
    doc: 'full: every certificate is in the list. cucm: CAPF and TVS by hash, blank DNSNAME, order of records as CUCM makes them.',
  }),
  signerVersion: oneOf({
    default: 'none',
    values: ['none', '1.0', '1.1'],
    doc: 'SIGNERVERSION of the header; 1.1 tells phones that there is HTTPS on port 6971.',
  }),
  fileName: optionalText({ doc: 'FILENAME of the header. Default: CTLFile.tlv where the file begins with CTL, else ITLFile.tlv.' }),
  ...SIGNING_OPTIONS,
  ...JSON_OPTION,
} as const

const SIGNER_VERSIONS: Readonly<Record<'none' | '1.0' | '1.1', { signerVersion?: Version }>> = {
  none: {},
  '1.0': { signerVersion: { major: 1, minor: 0 } },
  '1.1': { signerVersion: { major: 1, minor: 1 } },
}

/** The first certificate of a file is the server's own; what follows is its chain, which has no place in a list. */
const ownCertificate = async (file: string, io: Io): Promise<Buffer> => {
  const [own, ...chain] = await certificatesIn(file)
  if (chain.length > 0) note(io, `${file}: the first of ${chain.length + 1} certificates is put into the list`)
  return own!
}

const certificatesByRole = async (options: OptionsOf<typeof BUILD_OPTIONS>, io: Io) => {
  const byRole: { [R in RoleName]?: Buffer[] } = {}
  for (const name of ROLE_FLAG_NAMES)
    for (const file of options[name]) {
      byRole[ROLE_FLAGS[name].role] ??= []
      byRole[ROLE_FLAGS[name].role]!.push(await ownCertificate(file, io))
    }
  return byRole
}

export const build = command({
  name: 'build',
  doc: 'Make and sign a CTL or ITL file',
  details: 'A file that is there is replaced when the new one is complete.',
  examples: [
    [
      'trustlist build ITLFile.tlv --sast itlrecovery.pem --sast callmanager.pem --ccm-tftp callmanager.pem --capf capf.pem --tvs tvs.pem --profile cucm',
      'A list as CUCM makes it, signed by the recovery key',
    ],
  ],
  words: { file: { doc: 'File to write, - for stdout.' } },
  options: BUILD_OPTIONS,
  async run({ options, words: { file }, io }) {
    const [signerFile] = options.sast
    if (signerFile === undefined) throw new MistakesError(['--sast FILE is missing: it signs the list (CLI_USAGE)'])
    mustNotReplace(
      ROLE_FLAG_NAMES.flatMap(name => options[name]),
      file,
    )
    const signer = readFileSigner(signerFile)
    const records = profileRecords(await certificatesByRole(options, io), options.profile)
    const timestamp = io.now()
    const fileName = options.fileName ?? `${listKind(nameOf(file) ?? '')}File.tlv`
    const { signerVersion } = SIGNER_VERSIONS[options.signerVersion]
    const data = await buildTrustList({
      records,
      signer,
      digest: options.digest,
      fileName,
      timestamp,
      ...(signerVersion ? { signerVersion } : {}),
    })
    await writeOutput({ file, data, io })
    const { list, findings, signedBy } = checkTrustList(data, { at: timestamp })
    warnOf(io, file === '-' ? 'stdout' : file, { findings, records })
    if (file === '-') return undefined
    if (options.json) {
      const found = findingData(findings, list.records)
      print(io, JSON.stringify({ version: 1, file, lengthBytes: data.length, signedBy, ...listView(list), findings: found }))
    } else
      print(
        io,
        `wrote ${file}: ${counted(records.length, 'record')}, ${data.length} bytes, signed by ${list.headers[0].signer.name}`,
      )
    return undefined
  },
})
