/** Loaded by every process of the test runner (`node-arg` in `.taprc`) before its test file. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// As `pnpm start` has it: without, most of the time of a test goes into the reading of the same sources again.
const cache = join(import.meta.dirname, '../node_modules/.cache/compile')
enableCompileCache(cache)
process.env.NODE_COMPILE_CACHE = cache

// Child processes start as they do for a user, without the loaders of the runner, which take time and listen to signals.
process.execArgv = []
delete process.env.NODE_OPTIONS
const onSpawn: { listeners: unknown[] } | undefined = Reflect.get(globalThis, Symbol.for('process-on-spawn@*:singletonId'))
if (onSpawn) onSpawn.listeners = []
