import { setFlagsFromString } from 'node:v8'
import { diagnose, inputFile } from '@capfkit/diagnose'

/** `node diagnose-process.ts FILE`: reads a trace, and says what that took. */
// As the command does.
setFlagsFromString('--semi-space-growth-factor=1')
const startedAt = process.cpuUsage()
const startedMs = performance.now()
const { sources, findings } = await diagnose([inputFile(process.argv[2]!)])
const { user, system } = process.cpuUsage(startedAt)
const took = {
  cpuMs: (user + system) / 1_000,
  wallMs: performance.now() - startedMs,
  maxRssBytes: process.resourceUsage().maxRSS * 1_024,
}
console.log(JSON.stringify({ ...took, lines: sources[0]?.lines, findings: findings.length }))
