import { inspect } from 'node:util'
import { CLI_ERRORS, CliError, MistakesError } from './errors.ts'
import { type ExitCode, exitCodeFor } from './exit-codes.ts'
import { systemWords } from './files.ts'
import { type Io, note, painter } from './io.ts'

/** An error that one of the packages made: its sentence names its code, which is how the house writes them, with or without a place. */
type CodedError = Error & { readonly code: string }

const isCoded = (error: Error): error is CodedError => {
  const { code } = error as Partial<CodedError>
  return typeof code === 'string' && [`(${code})`, `, ${code})`].some(named => error.message.includes(named))
}

/** An error of the operating system that nobody put into words: which file or address, and what it says. */
const isSystem = (error: Error): error is NodeJS.ErrnoException & { code: string } => 'syscall' in error && 'code' in error

const sentence = (error: CodedError): string => {
  const { message, cause, code } = error
  const words = cause instanceof Error && isSystem(cause) ? systemWords(cause) : undefined
  return words === undefined || message.includes(words) ? message : message.replace(` (${code})`, `: ${words} (${code})`)
}

const told = (error: unknown): { lines: readonly string[]; exit: ExitCode } => {
  if (error instanceof MistakesError) return { lines: error.lines, exit: error.exit }
  if (error instanceof CliError) return { lines: [error.message], exit: CLI_ERRORS[error.code].exit }
  if (error instanceof Error && isCoded(error)) return { lines: [sentence(error)], exit: exitCodeFor(error.code) }
  if (error instanceof Error && isSystem(error)) {
    const where = error.path ?? (error as { address?: string }).address ?? error.syscall
    return { lines: [`${where}: ${systemWords(error)} (${error.code})`], exit: exitCodeFor(error.code) }
  }
  const internal = new CliError('CLI_INTERNAL', {
    detail: `${CLI_ERRORS.CLI_INTERNAL.what} [${error instanceof Error ? error.message : String(error)}]`,
  })
  return { lines: [internal.message], exit: CLI_ERRORS.CLI_INTERNAL.exit }
}

/** Say what went wrong, a line each mistake, and return the exit code. A stack trace comes with CAPF_DEBUG=1 only. */
export const reportError = (error: unknown, io: Io): ExitCode => {
  const { lines, exit } = told(error)
  for (const line of lines) note(io, `${painter(io.stderr, io)('red', 'capf:')} ${line}`)
  if (io.env.CAPF_DEBUG === '1') note(io, inspect(error))
  return exit
}
