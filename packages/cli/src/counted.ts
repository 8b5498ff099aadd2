/** `0 records`, `1 record`, `2 records`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** `no records`, `1 record`, `2 records`. */
export const countedOrNo = (count: number, what: string): string => (count === 0 ? `no ${what}s` : counted(count, what))
