import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FINDINGS } from '@capfkit/diagnose'
import t from 'tap'
import { KeyRing, runScenario, runScenarios, SCENARIOS } from '../src/index.ts'

const keys = new KeyRing()

t.test('a failure leaves what an operator would collect, and the cure its own beside it', async t => {
  const evidence = t.testdir()
  t.match(await runScenario('iis-expired', { evidence, keys }), { ok: true, missing: [], missingAfter: [] })
  const files = ['capf0001.txt', 'nginx0001.txt', 'error.log', 'show_itl.txt', 'device.csv']
  const phone = ['console_SEP020000000001.txt', 'status_SEP020000000001.txt']
  for (const folder of [evidence, join(evidence, 'after')]) {
    const there = readdirSync(folder)
    for (const file of [...files, ...phone]) t.ok(there.includes(file), `${folder} has ${file}`)
    t.ok(there.some(file => /^u_ex\d{6}\.log$/.test(file)))
  }
  const read = (file: string) => readFileSync(join(evidence, file), 'utf8')
  t.match(read('error.log'), 'certificate has expired')
  t.match(read('device.csv'), /^SEP020000000001,2,15,/m)
  t.notMatch(read('after/error.log'), 'certificate has expired', 'what came after the cure shows nothing of the failure')
  t.match(read('after/device.csv'), /^SEP020000000001,1,3,/m)
})

t.test('several at once, each with a cluster of its own', async t => {
  const heard: string[] = []
  const names = ['capf-service-down', 'wrong-auth-string'] as const
  const results = await runScenarios(names, { keys, onResult: ({ name }) => heard.push(name) })
  t.strictSame(
    results.map(({ name, ok }) => ({ name, ok })),
    names.map(name => ({ name, ok: true })),
  )
  t.strictSame(heard.toSorted(), [...names])
  t.strictSame(await runScenarios(names, { keys, signal: AbortSignal.abort() }), [], 'nothing is begun once it was stopped')
})

t.test('every scenario has the name of its finding', async t => {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    t.equal(scenario.name, name)
    t.ok(Object.hasOwn(FINDINGS, name), name)
  }
})
