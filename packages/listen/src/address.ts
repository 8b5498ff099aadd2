/** The row of an option that takes HOST:PORT, with brackets around an IPv6 host. */
export const ADDRESS = {
  // A port of 0 to 65535.
  pattern: /^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
  range: 'HOST:PORT',
} as const

export type Address = { readonly host: string; readonly port: number }

/** What {@link ADDRESS} let through. */
export const parseAddress = (text: string): Address => {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

export const formatAddress = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
