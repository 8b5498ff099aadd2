/** Retry-After in either form, seconds or a date (RFC 9110 §10.2.3), as milliseconds from `now`; `undefined` where it is neither. */
export const parseRetryAfter = (text: string | undefined, now: Date): number | undefined => {
  const trimmed = text?.trim() ?? ''
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1_000
  const at = /^[A-Z][a-z]{2}/.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
