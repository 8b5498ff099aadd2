import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { diagnose, FINDINGS, type FindingName, inputFiles } from '@capfkit/diagnose'
import t from 'tap'
import { EVIDENCE, runScenarios, SCENARIOS } from '../src/index.ts'

const names = Object.keys(SCENARIOS) as FindingName[]

t.test('there is a scenario for every finding, under its name', async t => {
  t.strictSame(names.toSorted(), Object.keys(FINDINGS).toSorted())
  for (const name of names) t.equal(SCENARIOS[name].name, name)
})

t.test(
  'every failure of the catalogue shows what it must, is found from its evidence alone, and is over after its cure',
  async t => {
    const evidence = t.testdir()
    const results = await runScenarios(names, { evidence })
    t.equal(results.length, names.length)
    for (const { name, ok, error, missing, missingAfter } of results) t.ok(ok, name, { error, missing, missingAfter })
    const isNamed = (file: string) => file === 'after' || Object.values(EVIDENCE).some(({ named }) => named.test(file))
    for (const name of names)
      t.strictSame(
        readdirSync(join(evidence, name)).filter(file => !isNamed(file)),
        [],
        `every file of ${name} has a name that the next run knows`,
      )
    for (const name of names) {
      const { findings } = await diagnose(await inputFiles(join(evidence, name)))
      t.equal(findings[0]?.name, name, `the diagnosis of ${name} finds it first`)
      const after = await diagnose(await inputFiles(join(evidence, name, 'after')))
      t.strictSame(after.findings, [], `and nothing after the cure of ${name}`)
    }
  },
)
