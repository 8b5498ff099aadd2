import type { LookupFunction } from 'node:net'
import type { Resolve } from '@capfkit/phone'

/** The publisher by its name, where phones have to look it up. */
export const PUBLISHER = 'cucm-pub.lab.example'

const LOOPBACK = '127.0.0.1'

/** The DNS of a laboratory: it knows the names that it was told, all of them on loopback, and forgets them on demand. */
export class LyingResolver {
  readonly #names: Set<string>

  /** @param names  besides the publisher. */
  constructor(names: readonly string[] = []) {
    this.#names = new Set([PUBLISHER, ...names])
  }

  add(name: string): void {
    this.#names.add(name)
  }

  forget(name: string): void {
    this.#names.delete(name)
  }

  #find(name: string): string {
    if (this.#names.has(name)) return LOOPBACK
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name })
  }

  /** For phones. */
  readonly resolve: Resolve = async name => this.#find(name)

  /** For sockets of Node. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    try {
      const address = this.#find(name)
      if (options.all) callback(null, [{ address, family: 4 }])
      else callback(null, address, 4)
    } catch (error) {
      callback(error as NodeJS.ErrnoException, '', 0)
    }
  }
}
