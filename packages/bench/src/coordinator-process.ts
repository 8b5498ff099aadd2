import { FleetControl, LiveView, runDistributed } from '@capfkit/fleet'

/** A coordinator in a process of its own, which shows the run as `capf fleet run` does. Not to be run by hand. */
export type Coordinated = { options: Parameters<typeof runDistributed>[0]['options']; store: string; workers: number }

/** From the first report to the last. */
export type CoordinatorCost = { cpuMs: number; seconds: number; memoryBytes: number }

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

process.once('message', async ({ options, store, workers }: Coordinated) => {
  const control = new FleetControl()
  const view = new LiveView({ now: () => Date.now(), control })
  const looks: { cpuMs: number; atMs: number }[] = []
  let heard = 0
  await runDistributed({
    options,
    control,
    coordinator: { store, workers, version: 'measured', onSay: () => {} },
    onProgress: progress => {
      view.see(progress)
      if (progress.stage !== 'phase' || progress.tally.ended === heard) return
      heard = progress.tally.ended
      looks.push({ cpuMs: cpuMs(), atMs: performance.now() })
    },
  })
  const [first, last] = [looks[0]!, looks.at(-1)!]
  const cost: CoordinatorCost = {
    cpuMs: last.cpuMs - first.cpuMs,
    seconds: (last.atMs - first.atMs) / 1000,
    memoryBytes: process.memoryUsage.rss(),
  }
  process.send?.(cost, () => process.exit(0))
})
