import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { KeyRing, runScenario, runScenarios, SCENARIOS, type Scenario } from '../src/index.ts'

const keys = new KeyRing()

t.test('a failure leaves what an operator would collect, and the cure its own beside it', async t => {
  const evidence = t.testdir()
  t.match(await runScenario('iis-expired', { evidence, keys }), {
    ok: true,
    missing: [],
    missingAfter: [],
    seen: [{ file: 'capf0001.txt', text: /Online Cert Signing Failed/ }],
  })
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

t.test('evidence of another failure is taken away, and nothing else', async t => {
  const evidence = t.testdir({ 'error.log': 'of somebody else' })
  await runScenario('ec-only-on-v2', { evidence, keys })
  t.equal(readFileSync(join(evidence, 'error.log'), 'utf8'), 'of somebody else', 'in a folder that has no evidence')
  writeFileSync(join(evidence, 'notes.txt'), '')
  await runScenario('no-capf-in-itl', { evidence, keys })
  const files = readdirSync(evidence)
  t.notOk(files.includes('error.log'), 'this failure has none')
  t.ok(files.includes('notes.txt'))
})

t.test('several at once, each with a cluster of its own', async t => {
  const heard: string[] = []
  const names = ['capf-service-down', 'operation-expired'] as const
  const results = await runScenarios(names, { keys, onResult: ({ name }) => heard.push(name) })
  t.strictSame(
    results.map(({ name, ok }) => ({ name, ok })),
    names.map(name => ({ name, ok: true })),
  )
  t.strictSame(heard.toSorted(), [...names])
  t.strictSame(await runScenarios(names, { keys, signal: AbortSignal.abort() }), [], 'nothing is begun once it was stopped')
})

t.test('a scenario of one’s own: what it does not show, and what it shows against its word, is said', async t => {
  const { cause, cure } = SCENARIOS['no-capf-in-itl']
  const own: Scenario = {
    name: 'no-capf-in-itl',
    broken: 'nothing that would show this',
    cause,
    shows: { trace: ['Enrollment rv = 35'], statuses: 3, lacks: { phone: ['No valid CAPF server'] } },
    cured: 'as always',
    cure,
    after: { statuses: [4] },
  }
  t.match(await runScenario(own, { keys, patienceMs: 200 }), {
    ok: false,
    missing: ['trace: Enrollment rv = 35', 'phone, not wanted: No valid CAPF server', 'devices: status 3, not 2'],
    missingAfter: ['devices: status 4, not 3'],
  })
})

t.test('what breaks on the stage is in the result, and so is a folder that cannot be written to', async t => {
  const failing: Scenario = { ...SCENARIOS['no-capf-in-itl'], cause: () => Promise.reject(new Error('the stage fell down')) }
  t.match(await runScenario(failing, { keys }), { ok: false, error: 'the stage fell down' })
  const evidence = join(t.testdir({ file: '' }), 'file')
  t.match(await runScenario('no-capf-in-itl', { keys, evidence }), { ok: false, error: /EEXIST|ENOTDIR/ })
})
