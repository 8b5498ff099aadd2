import { connect as tlsConnect } from 'node:tls'
import type { Connect } from '@capfkit/phone'

/** Never answers: who looks this name up waits for ever, as for a SYN that nobody answers. */
const NOWHERE = 'dropped.invalid'

/** Stands between phones and CAPF, and drops what goes to some ports. */
export class Firewall {
  readonly #dropped = new Set<number>()

  drop(port: number): void {
    this.#dropped.add(port)
  }

  pass(port: number): void {
    this.#dropped.delete(port)
  }

  /** How phones behind it connect. */
  readonly connect: Connect = ({ host, port, tls }) =>
    tlsConnect({
      ...(this.#dropped.has(port) ? { host: NOWHERE, lookup: () => {} } : { host }),
      port,
      secureContext: tls.secureContext,
      // As every phone: the whole certificate is compared, before anything is sent.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
}
