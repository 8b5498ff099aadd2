import { EventEmitter } from 'node:events'
import { type Io, main } from '../src/index.ts'

/** Runs a command in this process on a pretended terminal, in a folder if one is given. */
export const onTerminal = async (
  args: readonly string[],
  {
    cwd,
    env = {},
    columns = 80,
    isTTY = true,
  }: { cwd?: string; env?: Record<string, string>; columns?: number; isTTY?: boolean } = {},
) => {
  const written = { stdout: '', stderr: '' }
  const output = (name: keyof typeof written) => ({
    isTTY,
    columns,
    write: (text: string | Uint8Array) => {
      written[name] += typeof text === 'string' ? text : Buffer.from(text).toString()
    },
  })
  const io: Io = {
    stdin: (async function* () {})(),
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    signals: new EventEmitter(),
    now: () => new Date(),
  }
  const before = process.cwd()
  if (cwd !== undefined) process.chdir(cwd)
  const code = await main(args, io).finally(() => process.chdir(before))
  return { code, ...written }
}
