/** One way to log in that a server offers: the scheme in lower case, its parameters by name in lower case. */
export type Challenge = { readonly scheme: string; readonly parameters: ReadonlyMap<string, string> }

/** A scheme, a parameter, or the text that NTLM and Negotiate have in the place of parameters (RFC 9110 §11.6.1). */
const PIECE =
  /\s*(?:,\s*)*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+))(?=\s*(?:,|$))|([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?=\s|,|$)|([A-Za-z0-9._~+/-]+=*)(?=\s*(?:,|$)))/sy

const MAX_LENGTH = 8_192

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Node gives the bytes of a header as latin1; people write names in UTF-8 (RFC 7616 §4). What is not stays as it is. */
const words = (text: string): string => {
  try {
    return UTF8.decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}

/** A header in UTF-8, as Node has to be given it. */
export const headerBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** Takes a WWW-Authenticate or Authorization header apart; what cannot be read ends it. Several headers are one with commas. */
export const parseChallenges = (header: string): Challenge[] => {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const text = header.slice(0, MAX_LENGTH)
  const pattern = new RegExp(PIECE)
  for (let piece = pattern.exec(text); piece; piece = pattern.exec(text)) {
    const [, name, quoted, plain, scheme] = piece
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    else if (name !== undefined)
      challenges.at(-1)?.parameters.set(name.toLowerCase(), words(quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? ''))
  }
  return challenges
}

/** A quoted string (RFC 9110 §5.6.4). */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
