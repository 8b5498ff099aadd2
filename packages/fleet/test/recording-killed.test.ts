import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { reportRun } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'
import { entriesOf, ofKind } from './recorded-run.ts'
import { recorded, startRun } from './run-process.ts'

t.test('kill -9 in the middle: what was written stands, and a report tells that the run was killed', async t => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  const options = { embedded: true, phones: 2000, key: 'ec:p256', concurrency: 8, keyGenerationDelayMs: 500, processes: 1, out }
  const child = startRun(folder, { options })
  const part = join(out, 'part-0.capfrun')
  let before = 0
  while (before === 0 && child.exitCode === null) {
    await delay(50)
    before = recorded(part).length
  }
  process.kill(-child.pid!, 'SIGKILL')
  await once(child, 'close')
  const { complete, summary } = await reportRun(out)
  t.equal(complete, false)
  t.ok(before > 0 && summary.done >= before, `${summary.done} of at least ${before}`)
  const because = [`the run was killed: ${summary.done} of 2000 operations had been recorded`]
  t.match(summary, { verdict: 'fail', stopped: true, because })
  t.strictSame(ofKind(entriesOf(out)['run.capfrun'] ?? [], 'footer'), [])
  // As if the last entry had been cut by a page.
  const bytes = readFileSync(part)
  writeFileSync(part, bytes.subarray(0, bytes.length - 3))
  const torn = await reportRun(out)
  t.ok(torn.tornBytes > 0)
  t.equal(torn.summary.done, recorded(part).length)
})

t.test('no more room for the recording: the run ends in order, is invalid, and says why; the file can be read', async t => {
  const folder = t.testdir()
  const out = join(folder, 'out')
  await using server = await LoadedServer.start({ folder })
  const { store: _, ...target } = server.options
  // Unknown devices, whose failures are recorded with their bytes; files may not grow beyond 256 KiB.
  const options = { ...target, phones: 5000, key: 'ec:p256', concurrency: 8, processes: 1, out }
  const child = startRun(folder, { options, shell: 'unset NODE_COMPILE_CACHE; ulimit -f 256; exec "$@"' })
  const { verdict, because, stopped, done } = JSON.parse(await text(child.stdout))
  t.match({ verdict, stopped }, { verdict: 'invalid', stopped: false })
  t.match(
    because[0],
    /(?:part-0\.capfrun: the run cannot be recorded|fleet\.db: the file of the fleet cannot be used) .*(?:on the disk|on a disk).*$/,
  )
  const { summary, complete } = await reportRun(out)
  t.match({ complete, verdict: summary.verdict }, { complete: true, verdict: 'invalid' })
  t.ok(summary.failed > 0 && done === 0, 'what was recorded until then')
})
