import { type Certificate, parseCertificate } from './certificate.ts'
import { type ChainFailure, checkPath, type Purpose } from './chain-checks.ts'
import { readPublicKey } from './public-key.ts'
import { verifyData } from './signature-algorithm.ts'
import type { TrustStore } from './trust-store.ts'

/** Certificates in a path, leaf and anchor included. */
export const MAX_PATH_LENGTH = 8
/** Intermediates that are looked at; they come from the peer, and each could cost a signature check. */
export const MAX_INTERMEDIATES = 16

export type ChainOptions = {
  /** DER or parsed. */
  leaf: Buffer | Certificate
  trusted: TrustStore
  /** Certificates of the peer, in any order, trusted for nothing. One that cannot be read counts as absent. */
  intermediates?: readonly Buffer[]
  at: Date
  /** What the leaf is about to be used for. Default `any`: neither key usage nor extended key usage of the leaf matter. */
  purpose?: Purpose
}

export type ChainResult = { ok: true; chain: readonly Certificate[] } | ({ ok: false } & ChainFailure)

/**
 * Finds the path from a leaf to an anchor and checks signatures, dates (the anchor's too), CA flag, key usage, path length and
 * critical extensions (RFC 5280 §6.1, without policies, names or revocation). Issuers are found by the bytes of their name;
 * among several of one name the first whose key fits is taken. A leaf that is itself an anchor needs no issuer.
 *
 * @throws {PkiError} `PKI_BAD_CERTIFICATE` when the leaf is given as DER and is none. All else is a result.
 */
export const validateChain = (options: ChainOptions): ChainResult => {
  const leaf = Buffer.isBuffer(options.leaf) ? parseCertificate(options.leaf) : options.leaf
  const { trusted, at, purpose = 'any' } = options
  const pool = readable(options.intermediates ?? [])
  const path = [leaf]
  while (!trusted.has(path.at(-1)!.der)) {
    const step = path.length < MAX_PATH_LENGTH ? findIssuer({ certificate: path.at(-1)!, path, pool, trusted }) : undefined
    if (!step) return { ok: false, code: 'CHAIN_UNKNOWN_ISSUER', index: path.length - 1, detail: unknown(path.length) }
    if (step === 'bad signature') {
      return {
        ok: false,
        code: 'CHAIN_BAD_SIGNATURE',
        index: path.length - 1,
        detail: 'no issuer of that name made this signature',
      }
    }
    path.push(step)
  }
  const failure = checkPath({ path, at, purpose })
  return failure ? { ok: false, ...failure } : { ok: true, chain: path }
}

const unknown = (length: number) =>
  length < MAX_PATH_LENGTH ? 'neither a trusted certificate nor an intermediate has the name of the issuer' : 'the path is too long'

const readable = (ders: readonly Buffer[]): Certificate[] =>
  ders.slice(0, MAX_INTERMEDIATES).flatMap(der => {
    try {
      return [parseCertificate(der)]
    } catch {
      return []
    }
  })

type Search = { certificate: Certificate; path: readonly Certificate[]; pool: readonly Certificate[]; trusted: TrustStore }

/** Anchors first: the shortest path wins. */
const findIssuer = ({ certificate, path, pool, trusted }: Search): Certificate | 'bad signature' | undefined => {
  const anchors = trusted.withSubject(certificate.issuerDer)
  for (const { certificate: anchor, key } of anchors) if (isSignedBy(certificate, key)) return anchor
  const named = pool.filter(candidate => candidate.subjectDer.equals(certificate.issuerDer) && !path.includes(candidate))
  for (const candidate of named) {
    const key = keyOf(candidate)
    if (key && isSignedBy(certificate, key)) return candidate
  }
  return anchors.length + named.length > 0 ? 'bad signature' : undefined
}

const isSignedBy = (certificate: Certificate, key: NonNullable<ReturnType<typeof keyOf>>) =>
  verifyData({ data: certificate.tbsDer, signature: certificate.signature, algorithmOid: certificate.signatureAlgorithmOid, key })

const keyOf = (certificate: Certificate) => {
  try {
    return readPublicKey(certificate.publicKeyDer).key
  } catch {
    return undefined
  }
}
