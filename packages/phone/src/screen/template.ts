import { oneLine } from './one-line.ts'

/** Values for the places of a template, `{host}`. */
export type TemplateValues = Readonly<Record<string, string | number>>

const MAX_VALUE_LENGTH = 260

/** `DNS unknown IPv4 host {host}` with its places filled in. A place without a value stays as it is. */
export const fillTemplate = (template: string, values: TemplateValues): string =>
  template.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name]
    return value === undefined ? place : oneLine(String(value), MAX_VALUE_LENGTH)
  })
