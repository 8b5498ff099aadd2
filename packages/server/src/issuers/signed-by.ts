import { type Certificate, type TrustStore, validateChain } from '@capfkit/pki'

export type SignedBy = { readonly trusted: TrustStore; readonly intermediates?: readonly Buffer[]; readonly at: Date }

/** Whether a known CA has signed this certificate, over `intermediates` or not. Dates and purposes are for whoever relies on it. */
export const isSignedBy = (leaf: Certificate, { trusted, intermediates = [], at }: SignedBy): boolean => {
  const chain = validateChain({ leaf, trusted, intermediates, at })
  return chain.ok || (chain.code !== 'CHAIN_UNKNOWN_ISSUER' && chain.code !== 'CHAIN_BAD_SIGNATURE')
}
