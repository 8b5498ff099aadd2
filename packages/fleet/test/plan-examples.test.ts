import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Arrivals, describePlan, type PlanPhase, planSchema, readPlan, runFleet } from '../src/index.ts'
import { fleetOptions } from './fleet-options.ts'

const FOLDER = join(import.meta.dirname, '../../../docs/plans')
const SMALL = { phones: 6, processes: 1, serverWorkers: 1, poolKeys: 2 } as const
const SHORT_MS = 300

const short = (arrivals: Arrivals): Arrivals => {
  if (arrivals.kind === 'burst') return { ...arrivals, withinMs: SHORT_MS }
  return arrivals.forMs === undefined ? arrivals : { ...arrivals, forMs: SHORT_MS }
}
const shortened = (phase: PlanPhase): PlanPhase => ({ ...phase, arrivals: short(phase.arrivals), afterMs: 0, share: 1 })

for (const name of readdirSync(FOLDER).filter(file => file.endsWith('.yaml')))
  t.test(`the plan of the documentation "${name}" is right, and runs`, async t => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    const { title, options, plan } = readPlan(text, { first: SMALL })
    t.match(text, /^# yaml-language-server: \$schema=\.\.\/\.\.\/schemas\/plan\.schema\.json$/m)
    const described = await describePlan({ title, options: fleetOptions(options), plan })
    t.ok(described.title)
    t.equal(described.phases.length, plan.phases?.length)
    const phases = plan.phases?.map(shortened)
    const summary = await runFleet({ options, plan: { models: {}, ...(phases ? { phases } : {}) } })
    t.strictSame(summary.failures, [])
    t.ok(summary.done > 0, `${summary.done} operations`)
    t.equal(summary.thresholds.length, options.threshold?.length ?? 0)
  })

t.test('the plan of the README is right', async t => {
  const readme = readFileSync(join(FOLDER, '../../README.md'), 'utf8')
  const [, text = ''] = /```yaml\n([^`]*phases:[^`]*)```/.exec(readme) ?? []
  const { options, plan } = readPlan(text)
  t.match(await describePlan({ title: undefined, options: fleetOptions(options), plan }), {
    phones: 1000,
    phases: [
      { name: 'install', sessions: 1000 },
      { name: 'reboot storm', operations: 'upgrade=9,delete=1' },
    ],
  })
})

/** Whether an object of the schema names this key. */
const names = (schema: unknown, key: string): boolean => {
  if (typeof schema !== 'object' || schema === null) return false
  if (key in ((schema as { properties?: object }).properties ?? {})) return true
  return Object.values(schema).some(inner => names(inner, key))
}

t.test('the published schema is that of the rows, and knows every name of a plan', async t => {
  const published = JSON.parse(readFileSync(join(FOLDER, '../../schemas/plan.schema.json'), 'utf8'))
  t.strictSame(published, JSON.parse(JSON.stringify(planSchema())))
  for (const key of ['phases', 'arrivals', 'burst', 'keyGeneration', 'abort', 'phones', 'embedded', 'null', 'ec:p521'])
    t.ok(names(published, key), key)
  t.notOk(names(published, 'phnoes'))
})
