import { readFileSync } from 'node:fs'
import type { Keyboard } from '../../io.ts'

/**
 * Whether this process may change the terminal: the system stops a job in the background that tries. Where it does not say, it is
 * taken to be in the foreground.
 *
 * @param stat  /proc/self/stat: behind the name in brackets come state, parent, process group, session, terminal, its foreground group.
 */
export const isForeground = (stat: string): boolean => {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return foreground === undefined || group === foreground
}

const ownStat = (): string => {
  try {
    return readFileSync('/proc/self/stat', 'utf8')
  } catch {
    return ''
  }
}

/** Hears keys until it is disposed of; the terminal is then as it was before. */
export class Keys implements Disposable {
  readonly #keyboard: Keyboard
  readonly #hear: (chunk: Buffer | string) => void
  /** However the program ends, its terminal must be usable afterwards. */
  readonly #restore = () => void this.#keyboard.setRawMode?.(false)

  private constructor(keyboard: Keyboard, press: (typed: string) => void) {
    this.#keyboard = keyboard
    this.#hear = chunk => press(String(chunk))
    keyboard.setRawMode?.(true)
    keyboard.on?.('data', this.#hear)
    keyboard.resume?.()
    process.once('exit', this.#restore)
  }

  /** Nothing where there is no terminal to type on. @param init.stat  as of {@link isForeground}; that of this process without it. */
  static listen(
    keyboard: Keyboard,
    { press, stat = ownStat() }: { press: (typed: string) => void; stat?: string },
  ): Keys | undefined {
    return keyboard.isTTY && keyboard.setRawMode && isForeground(stat) ? new Keys(keyboard, press) : undefined
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#restore)
    this.#keyboard.off?.('data', this.#hear)
    this.#restore()
    this.#keyboard.pause?.()
  }
}
