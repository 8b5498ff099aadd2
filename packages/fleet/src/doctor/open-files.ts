/** How many there may be: of this process now, and at most. */
export type Limit = { soft: number; hard: number }

/** Files that this process may have open; sockets are files. `undefined`: this system does not say. */
export const openFiles = (): Limit | undefined => {
  const report = process.report as (typeof process.report & { excludeNetwork: boolean }) | undefined
  if (process.platform === 'win32' || !report) return undefined
  // Otherwise the report looks up the names of every peer.
  const { excludeNetwork } = report
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: Record<keyof Limit, number | string> } }
  report.excludeNetwork = excludeNetwork
  const limit = userLimits?.open_files
  const number = (value: number | string) => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY)
  return limit && { soft: number(limit.soft), hard: number(limit.hard) }
}
