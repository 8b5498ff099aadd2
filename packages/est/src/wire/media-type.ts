export type MediaType = { readonly type: string; readonly parameters: ReadonlyMap<string, string> }

const TYPE = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)/
const PARAMETER = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g

/** A Content-Type (RFC 9110 §8.3.1): the type in lower case; `undefined` where there is none. */
export const parseMediaType = (text: string | undefined): MediaType | undefined => {
  const type = TYPE.exec(text ?? '')?.[1]?.toLowerCase()
  if (type === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain] of (text ?? '').matchAll(PARAMETER))
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
  return { type, parameters }
}

/** Whether a Content-Type is of this media type. Parameters do not count: real servers leave them out or invent some [EST-1.3]. */
export const isMediaType = (text: string | undefined, wanted: string): boolean =>
  parseMediaType(text)?.type === parseMediaType(wanted)?.type
