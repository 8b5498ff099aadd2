import { type ParsedSignedFile, parseSignedFile } from '@capfkit/codec/tlv'
import { signatureFindings, signerFindings } from './check.ts'
import { isUsable, type TrustListFinding } from './findings.ts'
import { checkSignature, type KnownSigner } from './known-signers.ts'

export type SignedFileCheckOptions = {
  /** Who may have signed: certificates, or the signers of a list. */
  signers: readonly KnownSigner[]
  /** The time that the signer's certificate is judged by. Default: dates are not looked at, as phones do. */
  at?: Date
  /** The name under which the file was found; a phone asks for a file by its name. */
  fileName?: string
}

export type SignedFileCheck = {
  readonly file: ParsedSignedFile
  /** No finding is a problem. */
  readonly ok: boolean
  readonly findings: readonly TrustListFinding[]
  /** Who signed, where that is known and true. */
  readonly signer: KnownSigner | undefined
}

/**
 * Whether a `.sgn` or `.enc.sgn` was signed by somebody who is known [TRUST-5], [TRUST-6]. The content is not looked at.
 *
 * @throws a TlvError for bytes that are no signed file.
 */
export const checkSignedFile = (bytes: Buffer, { signers, at, fileName }: SignedFileCheckOptions): SignedFileCheck => {
  const file = parseSignedFile(bytes)
  const { header } = file
  const checked = checkSignature(bytes, header, signers)
  const signer = checked.verdict === 'valid' ? checked.signer : undefined
  const findings: TrustListFinding[] = [...signatureFindings(header, checked)]
  if (signer) findings.push(...signerFindings(signer, at))
  if (fileName !== undefined && header.fileName !== undefined && header.fileName !== fileName)
    findings.push({ code: 'TRUST_OTHER_NAME', detail: header.fileName })
  return { file, ok: isUsable(findings), findings, signer }
}
