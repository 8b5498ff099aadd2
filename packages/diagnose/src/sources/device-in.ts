/** Names of phones by their hardware address; others stand in the text of a source only. */
const DEVICE = /(?<![0-9A-Za-z])(?:CTL|ITL)?(SEP[0-9A-Fa-f]{12})(?![0-9A-Fa-f])/

/** The phone that a file name or a line names. */
export const deviceIn = (text: string): string | undefined => DEVICE.exec(text)?.[1]
