/** Whether a device name fits a pattern with `*` (any text) and `?` (one letter), in any case of letters. */
export const namePattern = (pattern: string): ((deviceName: string) => boolean) => {
  const source = pattern
    .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 'i')
  return deviceName => expression.test(deviceName)
}
