import { CONFIG_ELEMENTS, type ConfigRoot, type ConfigRow, type Field, type ListRow, type PhoneConfig, pathIn } from './elements.ts'
import { ConfigError } from './errors.ts'
import { formatXml, type XmlElement } from './xml.ts'

/** An element that is still being filled. */
type Growing = { name: string; attributes: Record<string, string>; text: string; children: Growing[] }

const growing = (name: string): Growing => ({ name, attributes: {}, text: '', children: [] })

/** The element at the end of the path: rows that share the beginning of a path share its elements. */
const reach = (from: Growing, [name, ...rest]: readonly string[]): Growing => {
  if (name === undefined) return from
  const there = from.children.find(child => child.name === name)
  if (there) return reach(there, rest)
  const made = growing(name)
  from.children.push(made)
  return reach(made, rest)
}

const written = (given: unknown, { value, where }: { value: Field['value']; where: string }): string => {
  const text = value.write(given)
  if (text === undefined) throw new ConfigError('CNF_BAD_VALUE', where, { detail: `it may hold ${value.range}` })
  return text
}

type Member = Readonly<Record<string, unknown>>

const writeMember = (values: Member, { fields, member, where }: { fields: ListRow['fields']; member: Growing; where: string }) => {
  for (const [name, { path, value, required }] of Object.entries(fields)) {
    const given = values[name]
    if (given === undefined && required) throw new ConfigError('CNF_MISSING', `${where}/${path}`)
    if (given === undefined) continue
    const text = written(given, { value, where: `${where}/${path}` })
    if (path.startsWith('@')) member.attributes[path.slice(1)] = text
    else reach(member, path.split('/')).text = text
  }
}

const writeList = (given: readonly Member[], { row, at, where }: { row: ListRow; at: Growing; where: string }) => {
  const { item, most, fields } = row
  if (given.length > most) throw new ConfigError('CNF_TOO_MANY', where, { detail: `${given.length} of ${item}, at most ${most}` })
  for (const [index, values] of given.entries()) {
    const member = growing(item)
    at.children.push(member)
    writeMember(values, { fields, member, where: `${where}/${item}[${index + 1}]` })
  }
}

/**
 * Write a configuration file. `root` is `device` for the file of one phone, `Default` for that of phones that nobody configured.
 *
 * @throws {ConfigError} `CNF_BAD_VALUE`, `CNF_MISSING`, `CNF_TOO_MANY`: always a mistake of the caller.
 */
export const formatConfig = (config: PhoneConfig, { root = 'device' }: { root?: ConfigRoot } = {}): Buffer => {
  const device = growing(root)
  for (const [name, row] of Object.entries<ConfigRow>(CONFIG_ELEMENTS)) {
    const given = config[name as keyof PhoneConfig]
    if (given === undefined) continue
    const path = pathIn(root, row)
    const where = `${root}/${path}`
    const at = reach(device, path.split('/'))
    if (row.kind === 'list') writeList(given as readonly Member[], { row, at, where })
    else at.text = written(given, { value: row.value, where })
  }
  return formatXml(device satisfies XmlElement)
}
