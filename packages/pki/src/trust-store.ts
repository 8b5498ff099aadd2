import type { KeyObject } from 'node:crypto'
import { type Certificate, parseCertificate } from './certificate.ts'
import { readPublicKey } from './public-key.ts'

export type Anchor = { readonly certificate: Certificate; readonly key: KeyObject }

/** Certificates that are trusted because somebody said so. Each is parsed once, its key too. */
export class TrustStore {
  readonly #bySubject = new Map<string, Anchor[]>()
  readonly #ders = new Set<string>()

  /** @throws {PkiError} `PKI_BAD_CERTIFICATE` or `PKI_BAD_PUBLIC_KEY` for an anchor that could never verify anything. */
  constructor(options: { anchors: readonly Buffer[] }) {
    for (const der of options.anchors) this.add(der)
  }

  /** As the constructor; an anchor that is there already changes nothing. */
  add(der: Buffer): void {
    if (this.has(der)) return
    const certificate = parseCertificate(der)
    const { key } = readPublicKey(certificate.publicKeyDer)
    const subject = certificate.subjectDer.toString('latin1')
    this.#bySubject.set(subject, [...(this.#bySubject.get(subject) ?? []), { certificate, key }])
    this.#ders.add(der.toString('latin1'))
  }

  has(der: Buffer): boolean {
    return this.#ders.has(der.toString('latin1'))
  }

  /** Anchors with this subject: several after a CA has renewed its certificate. */
  withSubject(subjectDer: Buffer): readonly Anchor[] {
    return this.#bySubject.get(subjectDer.toString('latin1')) ?? []
  }

  get size(): number {
    return this.#ders.size
  }
}
