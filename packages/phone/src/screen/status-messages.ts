import { fillTemplate, type TemplateValues } from './template.ts'

type StatusRow = {
  /** As the phone shows it; `{…}` is filled in. */
  readonly text: string
  readonly cause: string
  /** `inferred`: the words are known, but not that this is all that they are shown for. */
  readonly certainty: 'sourced' | 'inferred'
}

/** Every line of the phone's status page that capfkit knows [BOOT-7.1]. */
export const STATUS_MESSAGES = {
  NO_TRUST_LIST: {
    text: 'No Trust List Installed',
    cause: 'the phone has neither CTL nor ITL, and got none',
    certainty: 'sourced',
  },
  TRUST_LIST_UPDATED: { text: 'Trust List Updated', cause: 'a CTL or ITL was taken', certainty: 'sourced' },
  TRUST_LIST_FAILED: {
    text: 'Trust List Update Failed',
    cause: 'a CTL or ITL was refused; the one from before stays',
    certainty: 'sourced',
  },
  CONFIG_LOADED: { text: '{file}({transport})', cause: 'a configuration file was taken', certainty: 'sourced' },
  VPN_NOT_CONFIGURED: {
    text: 'VPN not configured',
    cause: 'shown after every configuration without a VPN, of which capfkit knows none',
    certainty: 'sourced',
  },
  DNS_UNKNOWN: { text: 'DNS unknown IPv4 host {host}', cause: 'a name has no IPv4 address', certainty: 'sourced' },
  NO_CAPF_SERVER: {
    text: 'No valid CAPF server',
    cause: 'no trust list has a CAPF record, or there is no address of a CAPF server',
    certainty: 'sourced',
  },
  LSC_CONNECTION_FAILED: {
    text: 'LSC: Connection failed',
    cause: 'CAPF could not be reached, or its certificate is not the one of the trust list',
    certainty: 'sourced',
  },
  LSC_FAILED: { text: 'LSC: Failed', cause: 'CAPF refused, or the operation failed', certainty: 'inferred' },
} as const satisfies Record<string, StatusRow>

export type StatusCode = keyof typeof STATUS_MESSAGES

/** One line of the phone's status page; `at` in milliseconds since 1970. */
export type StatusMessage = { readonly at: number; readonly code: StatusCode; readonly text: string }

export const statusText = (code: StatusCode, values: TemplateValues = {}): string =>
  fillTemplate(STATUS_MESSAGES[code].text, values)

const two = (value: number) => String(value).padStart(2, '0')

/** `[14:05:42 03/15/21] LSC: Connection failed`: a line as the web page of the phone has it, in UTC [BOOT-7.1]. */
export const formatStatusMessage = ({ at, text }: StatusMessage): string => {
  const date = new Date(at)
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCFullYear() % 100].map(two).join('/')
  return `[${time} ${day}] ${text}`
}
