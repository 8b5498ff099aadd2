import type { OptionsOf, OptionTable } from '@capfkit/codec/options'

/** Of the values of a command, those of one table: what the package that owns the table takes. */
export const ownOptions = <T extends OptionTable>(table: T, values: OptionsOf<T>): OptionsOf<T> =>
  Object.fromEntries(Object.keys(table).map(name => [name, values[name as keyof T]])) as OptionsOf<T>
