import { type FieldRow, type RecordRow, RUN_RECORDS } from './schema.ts'

const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const fieldLine = (name: string, { id, type, many, maybe, doc }: FieldRow, indent: string) =>
  `${indent}${many ? 'repeated ' : maybe ? 'optional ' : ''}${type} ${snake(name)} = ${id};  // ${doc}`

const messageText = (name: string, { doc, fields }: RecordRow): string => {
  const isChoice = name === 'Entry'
  const lines = Object.entries(fields).map(([field, row]) => fieldLine(field, row, isChoice ? '    ' : '  '))
  const body = isChoice ? ['  oneof content {', ...lines, '  }'] : lines
  return [`// ${doc}`, `message ${name} {`, ...body, '}'].join('\n')
}

/** The table in the language of protobuf, for programs in other languages. */
export const protoText = (): string =>
  [
    'syntax = "proto3";',
    'package capfkit.run;',
    ...Object.entries<RecordRow>(RUN_RECORDS).map(([name, row]) => messageText(name, row)),
  ].join('\n\n')
