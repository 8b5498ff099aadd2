import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as cli from '../packages/cli/src/index.ts'
import * as capf from '../packages/codec/src/capf/index.ts'
import * as config from '../packages/codec/src/config/index.ts'
import { CONFIG_ERRORS } from '../packages/codec/src/options/index.ts'
import * as runFiles from '../packages/codec/src/run/index.ts'
import * as tftpPackets from '../packages/codec/src/tftp/index.ts'
import * as tlv from '../packages/codec/src/tlv/index.ts'
import * as adcs from '../packages/est/src/adcs/index.ts'
import * as est from '../packages/est/src/index.ts'
import * as fleet from '../packages/fleet/src/index.ts'
import * as fleetLive from '../packages/fleet/src/live/index.ts'
import * as fleetUi from '../packages/fleet-ui/src/index.ts'
import * as listen from '../packages/listen/src/index.ts'
import * as monitor from '../packages/monitor/src/index.ts'
import * as phone from '../packages/phone/src/index.ts'
import * as pki from '../packages/pki/src/index.ts'
import * as scep from '../packages/scep/src/index.ts'
import * as server from '../packages/server/src/index.ts'
import { TRANSITIONS } from '../packages/server/src/machine.ts'
import * as tftp from '../packages/tftp/src/index.ts'
import * as tvs from '../packages/tvs/src/index.ts'
import { commandsPage } from './docs/commands-page.ts'
import { configPage } from './docs/config-page.ts'
import { errorsPage } from './docs/errors-page.ts'
import { failuresPage } from './docs/failures-page.ts'
import { faultsPage } from './docs/faults-page.ts'
import { FILLED_PAGES } from './docs/filled-pages.ts'
import { livePage } from './docs/live-page.ts'
import { fill } from './docs/markdown.ts'
import { planPage } from './docs/plan-page.ts'
import { PROTOCOL_PAGES } from './docs/protocol-pages.ts'
import { citedClauses, namedCodes, relativeLinks } from './docs/references.ts'
import { readTree } from './layers/tree.ts'
import { ROOT } from './workspace.ts'

/**
 * `node scripts/docs.ts` writes the pages that are made from tables; `--check` changes nothing and says which page would change,
 * which cited clause and which named code does not exist, and which link leads nowhere.
 */

/** Every page that is made, or has made parts, as it must be. */
export const madePages = async (root: string): Promise<Readonly<Record<string, string>>> => ({
  'docs/errors.md': errorsPage(),
  'docs/config.md': configPage(),
  'docs/faults.md': faultsPage(),
  'docs/commands.md': await commandsPage(),
  'docs/failures.md': failuresPage(),
  'docs/live.md': livePage(),
  'docs/plan.md': planPage(),
  'schemas/plan.schema.json': `${JSON.stringify(fleet.planSchema(), undefined, 2)}\n`,
  ...Object.fromEntries(FILLED_PAGES.map(({ path, tables }) => [path, fill(readFileSync(join(root, path), 'utf8'), tables())])),
})

const codes = new Set(
  [
    capf.DECODE_ERRORS,
    capf.ENCODE_ERRORS,
    CONFIG_ERRORS,
    config.CONFIG_FILE_ERRORS,
    tftpPackets.PACKET_ERRORS,
    runFiles.RUN_ERRORS,
    tlv.TLV_ERRORS,
    pki.PKI_ERRORS,
    pki.CHAIN_ERRORS,
    pki.TRUST_LIST_FINDINGS,
    listen.LISTEN_ERRORS,
    server.SERVER_ERRORS,
    server.ISSUE_ERRORS,
    tvs.TVS_ERRORS,
    tftp.FILES_ERRORS,
    est.EST_ERRORS,
    adcs.ADCS_ERRORS,
    phone.PHONE_ERRORS,
    phone.BOOT_ERRORS,
    fleet.FLEET_ERRORS,
    fleetUi.UI_ERRORS,
    cli.CLI_ERRORS,
  ].flatMap(table => Object.keys(table)),
)

/** Names in capitals that a page may use beside codes: a word of the service trace, a table inside a package, and all below. */
const others = new Set([
  'STORE_CERT_REQ',
  'DEVICE_OPTIONS',
  ...[
    capf,
    config,
    tftpPackets,
    runFiles,
    tlv,
    pki,
    listen,
    server,
    tvs,
    tftp,
    est,
    adcs,
    scep,
    monitor,
    phone,
    fleet,
    fleetLive,
    fleetUi,
    cli,
  ].flatMap(door => Object.keys(door)),
  ...['CONFIG_ERRORS', ...capf.MESSAGE_NAMES, ...capf.ELEMENT_NAMES],
  ...Object.values(est.LIBEST_RELEASES).flatMap(names => names.map(name => `EST_ERR_${name}`)),
  ...[phone.CONSOLE_LINES, phone.STATUS_MESSAGES].flatMap(table => Object.keys(table)),
  ...Object.entries(TRANSITIONS).flatMap(([state, events]) => [state, ...Object.keys(events)]),
])

/** What is wrong with the pages below a folder, a sentence each. */
export const checkDocs = async (root: string): Promise<string[]> => {
  const files = readTree(root)
  const pages = files.filter(({ path }) => path.endsWith('.md'))
  const stale = Object.entries(await madePages(root))
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => `${path}: is not what the tables say; run pnpm run docs`)
  const protocols = Object.entries(PROTOCOL_PAGES).map(([name, { path }]) => [
    name,
    { path, text: pages.find(page => page.path === path)?.text ?? '' },
  ])
  const found = [
    ...citedClauses(
      files.filter(({ path }) => !path.startsWith('scripts/test/')),
      Object.fromEntries(protocols),
    ),
    ...namedCodes(pages, { codes, others }),
    ...relativeLinks(pages, path => existsSync(join(root, path))),
  ]
  return [...stale, ...found.map(({ path, line, sentence }) => `${path}:${line}: ${sentence}`)]
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const sentences = await checkDocs(ROOT)
    for (const sentence of sentences) console.error(`error: ${sentence}`)
    console.log(`docs: ${sentences.length} errors`)
    process.exitCode = sentences.length > 0 ? 1 : 0
  } else {
    for (const [path, text] of Object.entries(await madePages(ROOT))) writeFileSync(join(ROOT, path), text)
  }
}
