/** `maxFrameBytes` as a flag: `max-frame-bytes`. */
export const flagName = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** `maxFrameBytes` in the environment: `CAPF_MAX_FRAME_BYTES`. */
export const environmentName = (name: string): string => `CAPF_${flagName(name).replaceAll('-', '_').toUpperCase()}`

/** `max-frame-bytes` as it stands in a table: `maxFrameBytes`. */
export const tableName = (flag: string): string => flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
