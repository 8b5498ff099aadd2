import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { ConfigError } from './errors.ts'

/** An element of a document: its own text, without blanks around it, and the elements in it. */
export type XmlElement = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** The files of real clusters have some 10 KB and 9 levels. */
export const MAX_CONFIG_BYTES = 262_144
const MAX_LEVELS = 32

/** The library's own form: `{ [name]: children, ':@': attributes }`, text as `{ '#text': … }`. */
type Node = Readonly<Record<string, unknown>>
const TEXT = '#text'
const ATTRIBUTES = ':@'
const FORM = { preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', textNodeName: TEXT } as const

const elementsOf = (nodes: readonly Node[]): XmlElement[] =>
  nodes.flatMap(node => {
    const name = Object.keys(node).find(key => key !== ATTRIBUTES)
    if (name === undefined || name === TEXT) return []
    const children = node[name] as readonly Node[]
    const text = children.map(child => String(child[TEXT] ?? '')).join('')
    return [{ name, attributes: (node[ATTRIBUTES] ?? {}) as Record<string, string>, text, children: elementsOf(children) }]
  })

/**
 * Read a document: its one root element. Only the five entities of XML itself are replaced.
 *
 * @throws {ConfigError} `CNF_TOO_LARGE`, `CNF_NOT_TEXT`, `CNF_DOCTYPE`, `CNF_NOT_XML`
 */
export const parseXml = (bytes: Uint8Array): XmlElement => {
  if (bytes.length > MAX_CONFIG_BYTES)
    throw new ConfigError('CNF_TOO_LARGE', 'the file', { detail: `${bytes.length} bytes, at most ${MAX_CONFIG_BYTES}` })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ConfigError('CNF_NOT_TEXT', 'the file', { cause })
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new ConfigError('CNF_DOCTYPE', 'the file')
  const parser = new XMLParser({
    ...FORM,
    parseTagValue: false,
    trimValues: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_LEVELS,
  })
  let roots: XmlElement[]
  try {
    roots = elementsOf(parser.parse(text, true) as Node[])
  } catch (cause) {
    throw new ConfigError('CNF_NOT_XML', 'the file', { detail: cause instanceof Error ? cause.message : String(cause), cause })
  }
  const [root, second] = roots
  if (!root || second) throw new ConfigError('CNF_NOT_XML', 'the file', { detail: root ? 'two root elements' : 'no root element' })
  return root
}

const nodeOf = ({ name, attributes, text, children }: XmlElement): Node => ({
  [name]: [...(text === '' ? [] : [{ [TEXT]: text }]), ...children.map(nodeOf)],
  ...(Object.keys(attributes).length > 0 ? { [ATTRIBUTES]: attributes } : {}),
})

/** Write a document: UTF-8, two blanks a level, a line end at the end. */
export const formatXml = (root: XmlElement): Buffer => {
  const builder = new XMLBuilder({ ...FORM, format: true, indentBy: '  ' })
  const declaration = { '?xml': [{ [TEXT]: '' }], [ATTRIBUTES]: { version: '1.0', encoding: 'UTF-8' } }
  return Buffer.from(`${String(builder.build([declaration, nodeOf(root)])).trim()}\n`)
}
