import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@capfkit/listen'
import type { RunningServer } from './program.ts'

const EXAMPLE = fileURLToPath(new URL('../../../docs/examples/haproxy.cfg', import.meta.url))
/** Debian has it where only root looks. */
const PATH = `${process.env.PATH}:/usr/sbin`

/** Options for a test that needs HAProxy: skipped, with the reason, where it is not installed; in CI it must be there. */
export const needsBalancer = (): { skip?: string } => {
  const missing = spawnSync('haproxy', ['-v'], { env: { PATH } }).error !== undefined
  if (missing && process.env.CI === 'true') throw new Error('haproxy must be installed in CI')
  return missing ? { skip: 'haproxy is not installed' } : {}
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** HAProxy with the example of the documentation as it stands, before two CAPF servers with `--metrics`. */
export const startBalancer = async (nodes: readonly [RunningServer, RunningServer]) => {
  const port = await freePort()
  const env = Object.fromEntries(
    nodes.flatMap(({ address, ready }, index) => [
      [`CAPF_SERVER_${index + 1}`, address],
      [`CAPF_HEALTH_PORT_${index + 1}`, String((ready.metrics as { port: number }).port)],
    ]),
  )
  const child = spawn('haproxy', ['-db', '-f', EXAMPLE], {
    env: { PATH, CAPF_BIND: `127.0.0.1:${port}`, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  child.stderr.on('data', chunk => said.push(String(chunk)))
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`haproxy ended: ${said.join('')}`)
    await delay(20)
  }
  return {
    address: `127.0.0.1:${port}`,
    /** What it logged: servers that went and came. */
    said: () => said.join(''),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
