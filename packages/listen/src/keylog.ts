import { appendFileSync } from 'node:fs'

/** Appends lines of an NSS key log to a file that only its owner can read. A file that cannot be written harms no session. */
export const keylogTo =
  ({ file, onError }: { file: string; onError: (error: unknown) => void }) =>
  (line: Buffer): void => {
    try {
      appendFileSync(file, line, { mode: 0o600 })
    } catch (error) {
      onError(error)
    }
  }
