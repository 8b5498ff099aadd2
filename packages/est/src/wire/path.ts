import { isOperation, type OperationName } from './operations.ts'

const BASE = '/.well-known/est/'

/** A label as it may stand in a path: of unreserved characters, at most 128, and not the name of an operation [EST-1.1]. */
export const isLabel = (text: string): boolean => /^[A-Za-z0-9._~-]{1,128}$/.test(text) && !isOperation(text)

/** `/.well-known/est/simpleenroll`, or with a label between (RFC 7030 §3.2.2). */
export const formatPath = (operation: OperationName, label?: string): string =>
  `${BASE}${label === undefined ? '' : `${label}/`}${operation}`

export type AskedPath = { readonly operation: OperationName; readonly label?: string }

/**
 * What a path asks for; `undefined` when it is not one of EST. strongSwan puts the label before everything, so
 * `/LABEL/.well-known/est/OPERATION` is taken, too [EST-1.1].
 */
export const parsePath = (path: string): AskedPath | undefined => {
  const at = path.indexOf(BASE)
  if (at < 0) return undefined
  const before = path.slice(0, at).split('/').slice(1)
  const words = [...before, ...path.slice(at + BASE.length).split('/')]
  const operation = words.at(-1) ?? ''
  if (words.length > 2 || !isOperation(operation)) return undefined
  if (words.length === 1) return { operation }
  const [label = ''] = words
  return isLabel(label) ? { operation, label } : undefined
}
