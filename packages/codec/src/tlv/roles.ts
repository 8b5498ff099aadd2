/** What a certificate of a trust list is good for, by its FUNCTION number, as `show itl` prints it [TRUST-3]. */
export const ROLES = {
  SAST: { number: 0, print: 'System Administrator Security Token' },
  CCM: { number: 1, print: 'CCM' },
  'CCM+TFTP': { number: 2, print: 'CCM+TFTP' },
  TFTP: { number: 3, print: 'TFTP' },
  CAPF: { number: 4, print: 'CAPF' },
  'APP-SERVER': { number: 7, print: 'APP-SERVER' },
  TVS: { number: 21, print: 'TVS' },
} as const

export type RoleName = keyof typeof ROLES
export const ROLE_NAMES = Object.keys(ROLES) as readonly RoleName[]

/** The row of a role number; `undefined` for one that nobody knows, which is kept and shown as its number. */
export const roleName = (number: number): RoleName | undefined => ROLE_NAMES.find(name => ROLES[name].number === number)
