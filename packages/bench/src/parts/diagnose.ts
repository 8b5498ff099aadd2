import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { printTable } from '../report.ts'
import type { Part } from './part.ts'

const PROCESS = fileURLToPath(new URL('../diagnose-process.ts', import.meta.url))
/** One enrolment in a real trace. */
const SESSION = fileURLToPath(new URL('../../../../test-vectors/logs/capf-online-ca-enrolment.txt', import.meta.url))
const DEVICE = 'SEP74A02FC0A675'
const BYTES = { quick: 100_000_000, full: 1_000_000_000 } as const
const AT_ONCE = 500

/** Enrolments of phones with names of their own, until there are so many bytes. */
const writeTrace = (file: string, bytes: number): number => {
  const session = readFileSync(SESSION, 'utf8').split(DEVICE)
  const descriptor = openSync(file, 'w')
  let [written, phones] = [0, 0]
  while (written < bytes) {
    const names = Array.from(
      { length: AT_ONCE },
      (_, index) => `SEP${(phones + index).toString(16).toUpperCase().padStart(12, '0')}`,
    )
    written += writeSync(descriptor, names.map(name => session.join(name)).join(''))
    phones += AT_ONCE
  }
  closeSync(descriptor)
  return phones
}

type Took = { cpuMs: number; wallMs: number; maxRssBytes: number; lines: number; findings: number }

/** How fast a CAPF trace is read, and in how much memory: by one process, with the heap that the command has. */
export const diagnosis: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    const file = join(folder, 'capf0001.txt')
    const bytes = quick ? BYTES.quick : BYTES.full
    const phones = writeTrace(file, bytes)
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, file])
    const took: Took = JSON.parse(stdout)
    const perSecond = (ms: number) => `${Math.round(bytes / 1_000 / ms)} MB/s`
    printTable('Diagnosing a healthy CAPF trace', [
      ['trace', `${bytes / 1_000_000} MB, ${took.lines} lines, ${phones} phones, ${took.findings} findings`],
      ['read', `${perSecond(took.wallMs)}, ${perSecond(took.cpuMs)} of processor time (to reach: >= 50 MB/s)`],
      ['most memory', `${Math.round(took.maxRssBytes / 1_000_000)} MB (to reach: < 200 MB)`],
    ])
    return { bytes, phones, ...took }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
