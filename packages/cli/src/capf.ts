#!/usr/bin/env node
import { EXIT } from './exit-codes.ts'
import { processIo } from './io.ts'
import { main } from './main.ts'
import { reportError } from './report-error.ts'

// Where nothing else listens to a signal, it ends the program.
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (process.listenerCount(name) === 1) process.exit(EXIT.stopped)
  })

// `capf … | head`: the reader has what it wanted.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(process.exitCode ?? EXIT.pass)
  throw error
})
process.stderr.on('error', () => {})

// Nothing that goes wrong shows a stack trace.
process.on('uncaughtException', error => process.exit(reportError(error, processIo())))

const code = await main(process.argv.slice(2), processIo())
// What is still in the pipe goes out first. What does not go out at all is the error above: a result that is lost is no success.
process.stdout.write('', error => {
  if (!error) process.exit(code)
})
