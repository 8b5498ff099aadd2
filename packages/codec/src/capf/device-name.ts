/** Any CUCM device name: letters, digits, dot, dash, underscore, at most 128 characters [CAPF-3.5]. */
export const DEVICE_NAME_PATTERN = /^[A-Za-z0-9._-]{1,128}$/

export const isDeviceName = (name: string): boolean => DEVICE_NAME_PATTERN.test(name)

/** Device names are compared without case [CAPF-3.5]. */
export const sameDeviceName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
