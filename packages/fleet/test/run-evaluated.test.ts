import { execFileSync } from 'node:child_process'
import t from 'tap'
import type { FleetSummary } from '../src/index.ts'

t.test('a program on the command line of Node runs a fleet: its children are not that program', t => {
  const code = `
    import { runFleet } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const options = { embedded: true, phones: 4, processes: 2, serverWorkers: 1, key: 'ec:p256' }
    process.stdout.write(JSON.stringify(await runFleet({ options })))
  `
  const summary = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8', timeout: 60_000 })
  t.match(JSON.parse(summary) as FleetSummary, { done: 4, failed: 0, generator: { processes: 2 } })
  t.end()
})
