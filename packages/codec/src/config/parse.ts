import {
  CONFIG_ELEMENTS,
  CONFIG_ROOTS,
  type ConfigRoot,
  type ConfigRow,
  type Field,
  type ListRow,
  type PhoneConfig,
  pathIn,
} from './elements.ts'
import { ConfigError } from './errors.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** An element and the path that led to it. */
type Found = { readonly element: XmlElement; readonly where: string }

/** @throws {ConfigError} `CNF_DUPLICATE` */
const follow = ({ element, where }: Found, [name, ...rest]: readonly string[]): Found | undefined => {
  if (name === undefined) return { element, where }
  const [child, second] = element.children.filter(child => child.name === name)
  if (second) throw new ConfigError('CNF_DUPLICATE', `${where}/${name}`)
  return child && follow({ element: child, where: `${where}/${name}` }, rest)
}

const at = (from: Found, path: string): Found | undefined => follow(from, path.split('/'))

const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** An element that is there and empty counts as absent, where the value cannot be empty. */
const read = (text: string, { value, where }: { value: Field['value']; where: string }): unknown => {
  const result = value.read(text)
  if (result === undefined && text !== '')
    throw new ConfigError('CNF_BAD_VALUE', where, { detail: `it may hold ${value.range}, and has ${shown(text)}` })
  return result
}

const leafText = ({ element, where }: Found): string => {
  const [inner] = element.children
  if (inner) throw new ConfigError('CNF_BAD_VALUE', where, { detail: `there is an element ${shown(inner.name)} in it` })
  return element.text
}

const readField = (member: Found, { path, value, required }: Field): unknown => {
  const where = `${member.where}/${path}`
  const leaf = path.startsWith('@') ? undefined : at(member, path)
  const text = path.startsWith('@') ? member.element.attributes[path.slice(1)] : leaf && leafText(leaf)
  const result = text === undefined ? undefined : read(text.trim(), { value, where })
  if (result === undefined && required) throw new ConfigError('CNF_MISSING', where)
  return result
}

const readList = ({ element, where }: Found, { item, most, fields }: ListRow): unknown[] => {
  const members = element.children.filter(({ name }) => name === item)
  if (members.length > most)
    throw new ConfigError('CNF_TOO_MANY', where, { detail: `${members.length} of ${item}, at most ${most}` })
  return members.map((element, index) => {
    const member = { element, where: `${where}/${item}[${index + 1}]` }
    const values = Object.entries(fields).map(([name, field]) => [name, readField(member, field)] as const)
    return Object.fromEntries(values.filter(([, value]) => value !== undefined))
  })
}

const readRow = (root: Found, row: ConfigRow): unknown => {
  const found =
    at(root, pathIn(root.element.name as ConfigRoot, row)) ?? (row.elsewhere === undefined ? undefined : at(root, row.elsewhere))
  if (!found) return undefined
  if (row.kind === 'list') return readList(found, row)
  return read(leafText(found), { value: row.value, where: found.where })
}

/**
 * Read a configuration file, `SEP….cnf.xml` or `XMLDefault.cnf.xml`: plain XML, neither signed nor encrypted. Elements that
 * {@link CONFIG_ELEMENTS} does not have are left unread.
 *
 * @throws {ConfigError} whose `where` is the path of the element that is wrong.
 */
export const parseConfig = (bytes: Uint8Array): PhoneConfig => {
  const element = parseXml(bytes)
  if (!CONFIG_ROOTS.includes(element.name as ConfigRoot))
    throw new ConfigError('CNF_WRONG_ROOT', element.name, { detail: `known are ${CONFIG_ROOTS.join(' and ')}` })
  const root = { element, where: element.name }
  const values = Object.entries<ConfigRow>(CONFIG_ELEMENTS).map(([name, row]) => [name, readRow(root, row)] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as PhoneConfig
}
