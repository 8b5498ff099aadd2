/** How the text of an element holds a value. `undefined` from either side: the text, or the value, does not fit. */
export type ConfigValue<T> = {
  /** What it may hold, in words. */
  readonly range: string
  read(text: string): T | undefined
  write(value: T): string | undefined
}

/** Small numbers that stand for words. */
export const oneOf = <const W extends string>(words: Readonly<Record<W, number>>): ConfigValue<W> => {
  const entries = Object.entries(words) as [W, number][]
  return {
    range: entries.map(([word, number]) => `${number} ${word}`).join(', '),
    read: text => entries.find(([, number]) => text === String(number))?.[0],
    write: value => (Object.hasOwn(words, value) ? String(words[value]) : undefined),
  }
}

/** A decimal number without sign, `min` and `max` included. */
export const whole = (min: number, max: number): ConfigValue<number> => {
  const fits = (value: number) => Number.isInteger(value) && value >= min && value <= max
  return {
    range: `${min}..${max}`,
    read: text => (/^\d{1,10}$/.test(text) && fits(Number(text)) ? Number(text) : undefined),
    write: value => (fits(value) ? String(value) : undefined),
  }
}

const TRUTH: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false }

/** Both spellings are read, whatever the case; `yes` and `no` are those that are written. */
const truth = (yes: string, no: string): ConfigValue<boolean> => ({
  range: `${yes} or ${no}`,
  read: text => (Object.hasOwn(TRUTH, text.toLowerCase()) ? TRUTH[text.toLowerCase()] : undefined),
  write: value => (typeof value === 'boolean' ? (value ? yes : no) : undefined),
})

export const trueFalse = truth('true', 'false')
/** As the elements of `vendorConfig` have it. */
export const oneZero = truth('1', '0')

const matching = (pattern: RegExp, range: string): ConfigValue<string> => ({
  range,
  read: text => (pattern.test(text) ? text : undefined),
  write: value => (pattern.test(value) ? value : undefined),
})

/** A DNS name or an address; never longer than DNS allows. */
export const host = matching(
  /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9_.])?$|^(?=[^:]*:)[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9]{1,15})?$/,
  'host name or address',
)

const HASH = matching(/^(?:[0-9a-f]{32}|[0-9a-f]{40})?$/, 'empty, 32 or 40 hex digits')
/** SHA-1 in hex, or MD5 as open tools write it; read in either case; or nothing. */
export const certificateHashHex: ConfigValue<string> = { ...HASH, read: text => HASH.read(text.toLowerCase()) }

/** Printable ASCII without blanks around it. */
export const line = (maxLength: number): ConfigValue<string> =>
  matching(new RegExp(`^(?=.{1,${maxLength}}$)[!-~](?:[ -~]*[!-~])?$`), `text of up to ${maxLength} characters`)
