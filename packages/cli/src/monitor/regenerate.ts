import { flag, textList } from '@capfkit/codec/options'
import {
  CERTIFICATE_NAMES,
  type CertificateName,
  certificateNamed,
  type Impact,
  OTHER_NAMES,
  populationOf,
  type RegenerationImpact,
  regenerationImpact,
} from '@capfkit/monitor'
import { command, JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { type Io, painter, print } from '../io.ts'
import { paragraph } from '../paragraph.ts'

const LABEL_WIDTH = 12
const NAMES = [...CERTIFICATE_NAMES, ...Object.keys(OTHER_NAMES)].join(', ')

/** @throws {MistakesError} every word that names no certificate. */
const certificatesNamed = (words: readonly string[]): CertificateName[] => {
  const names = words.flatMap(word => word.split(',')).map(word => ({ word: word.trim(), name: certificateNamed(word.trim()) }))
  const wrong = names
    .filter(({ name }) => name === undefined)
    .map(({ word }) => `--certificate ${word}: there is no such certificate; there are ${NAMES} (CLI_USAGE)`)
  if (names.length === 0) wrong.push(`--certificate is missing: it names what would be regenerated, one of ${NAMES} (CLI_USAGE)`)
  if (wrong.length > 0) throw new MistakesError(wrong)
  return names.map(({ name }) => name!)
}

const below = (label: string, texts: readonly string[]): string[] =>
  texts.flatMap((text, index) => paragraph(index === 0 ? `  ${label}` : '', { text, indent: LABEL_WIDTH }))

const impactLines = (
  { certificate, services, reset, effects, before, after, phonesReset, lscsToReissue }: Impact,
  io: Io,
): string[] => [
  painter(io.stdout, io)('bold', services.length === 0 ? certificate : `${certificate}, shown by ${services.join(', ')}`),
  ...below('resets', [reset, ...(phonesReset ? [`${phonesReset} phones of the store, at the most`] : [])]),
  ...below('LSCs', lscsToReissue ? [`${lscsToReissue} that a CAPF certificate has issued are to be issued again`] : []),
  ...below('effects', effects),
  ...below('before', before),
  ...below('after', after),
  '',
]

const allLines = ({ impacts, conflicts, population }: RegenerationImpact, io: Io): string[] => [
  ...impacts.flatMap(impact => impactLines(impact, io)),
  ...conflicts.flatMap(sentence => paragraph(painter(io.stdout, io)('red', 'error  '), { text: sentence, indent: 2 })),
  population
    ? `the store has ${population.phones} phones, ${population.lscs} LSCs, ${population.lscsOfCapf} of them of CAPF, and ${population.pending} orders pending`
    : 'with --store it is counted who that is',
]

export const regenerate = command({
  name: 'regenerate',
  doc: 'Say what a regeneration of a certificate would reset, before it is done',
  details:
    'Changes nothing: it knows what the product does, and counts in the device store who that is. Exit code 1 when certificates are named that must not be regenerated together.',
  examples: [
    ['monitor regenerate --certificate CAPF --store sqlite:capf.db', 'Whom a new CAPF certificate would reset'],
    ['monitor regenerate --certificate CallManager --certificate TVS', 'Two at once'],
  ],
  options: {
    certificate: textList({ doc: `Which: ${NAMES}. TFTP has the certificate of CallManager.` }),
    ...STORE_OPTIONS,
    tftpNode: flag({ default: true, doc: 'The node is a TFTP server.' }),
    capfActivated: flag({ default: true, doc: 'The CAPF service is activated.' }),
    ...JSON_OPTION,
  },
  async run({ options: { certificate, tftpNode, capfActivated, json, ...options }, given, io }) {
    const certificates = certificatesNamed(certificate)
    await using store = given.has('store') ? openStore(options, { mustExist: true }) : undefined
    const population = store && (await populationOf(store.list()))
    const impact = regenerationImpact(certificates, { node: { tftpNode, capfActivated }, population })
    if (json) print(io, JSON.stringify({ version: 1, ...impact }))
    else for (const line of allLines(impact, io)) print(io, line)
    return impact.conflicts.length > 0 ? EXIT.failed : undefined
  },
})
