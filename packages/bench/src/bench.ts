import { parseArgs } from 'node:util'
import { boot } from './parts/boot.ts'
import { chain } from './parts/chain.ts'
import { coordinator } from './parts/coordinator.ts'
import { diagnosis } from './parts/diagnose.ts'
import { distributed } from './parts/distributed.ts'
import { enrolments } from './parts/enrolments.ts'
import { files } from './parts/files.ts'
import { fleet } from './parts/fleet.ts'
import { keys } from './parts/keys.ts'
import { nodes } from './parts/nodes.ts'
import type { Part } from './parts/part.ts'
import { recording } from './parts/recording.ts'
import { stores } from './parts/stores.ts'
import { trust } from './parts/trust.ts'
import { tvs } from './parts/tvs.ts'
import { waiting } from './parts/waiting.ts'
import { printLine } from './report.ts'

/**
 * `pnpm bench [--quick] [--only enrolments,waiting] [--json]`: what things cost, beside what they cannot cost less than, measured
 * in one run on one machine.
 */

/** In the order in which they run; the names are those of `--only`. */
const PARTS: Readonly<Record<string, Part>> = {
  keys,
  trust,
  tvs,
  files,
  enrolments,
  stores,
  nodes,
  waiting,
  boot,
  chain,
  recording,
  fleet,
  distributed,
  coordinator,
  diagnose: diagnosis,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    json: { type: 'boolean', default: false },
  },
})
const wanted = values.only.split(',')
const unknown = wanted.find(name => !Object.hasOwn(PARTS, name))
if (unknown !== undefined) {
  console.error(`bench: --only takes ${Object.keys(PARTS).join(', ')}, not ${JSON.stringify(unknown)}`)
  process.exit(2)
}

printLine(`Node ${process.version} (OpenSSL ${process.versions.openssl}), loopback: servers and clients share the cores`)
const results: Record<string, unknown> = {}
for (const [name, part] of Object.entries(PARTS)) if (wanted.includes(name)) results[name] = await part({ quick: values.quick })
if (values.json) printLine(JSON.stringify(results))
