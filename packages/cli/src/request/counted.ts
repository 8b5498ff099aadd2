/** `no requests`, `1 request`, `7 requests`. */
export const counted = (count: number, [one, many]: readonly [one: string, many: string]): string =>
  `${count === 0 ? 'no' : count} ${count === 1 ? one : many}`

export const REQUESTS = ['certificate request', 'certificate requests'] as const
export const STALE_LSCS = ['stale LSC', 'stale LSCs'] as const
