import type { CsrWishes } from '@capfkit/pki'
import { command } from '../command.ts'
import { Interruption } from '../interruption.ts'
import { print } from '../io.ts'
import { plain } from '../screen-table.ts'
import { CONNECTION_OPTIONS, clientOf } from './options.ts'

const keyWords = ({ key }: CsrWishes): string[] => {
  if (!key) return []
  if (key.type === 'rsa') return [`an RSA key${key.bits === undefined ? '' : ` of ${key.bits} bits`}`]
  return [`an EC key${key.curve === undefined ? '' : ` on the curve ${key.curve}`}`]
}

const inWords = (wishes: CsrWishes): string[] => [
  ...(wishes.challengePassword ? ['proof of possession: challengePassword (--proof-of-possession)'] : []),
  ...keyWords(wishes),
  ...(wishes.subject ?? []).map(
    ({ type, value }) => `in the subject ${type}${value === undefined ? ', whose value is yours' : `=${plain(value)}`}`,
  ),
  ...wishes.extensions.map(
    ({ oid, critical, value }) =>
      `the ${critical ? 'critical ' : ''}extension ${oid}${value === undefined ? ', whose value is yours' : ` = ${value.toString('hex')}`}`,
  ),
]

export const csrattrs = command({
  name: 'csrattrs',
  doc: 'Ask an EST server what requests should have',
  examples: [['est csrattrs --server 192.0.2.10:8084 --ca ca.pem', 'In words']],
  options: CONNECTION_OPTIONS,
  async run({ options, io }) {
    using interruption = new Interruption(io)
    const { signal } = interruption
    using client = await clientOf(options, { signal })
    const answer = await client.csrAttrs({ signal })
    if (options.json) {
      const hex = (bytes: Buffer | undefined) => (bytes ? { value: bytes.toString('hex') } : {})
      const wishes = answer && {
        ...answer.wishes,
        extensions: answer.wishes.extensions.map(({ value, ...rest }) => ({ ...rest, ...hex(value) })),
        objectIdentifiers: answer.attrs.oids,
      }
      print(io, JSON.stringify({ version: 1, server: options.server, ...(wishes ? { wishes } : {}) }))
      return undefined
    }
    if (!answer) print(io, 'the server does not say')
    else for (const line of [...inWords(answer.wishes), ...answer.attrs.oids]) print(io, line)
    return undefined
  },
})
