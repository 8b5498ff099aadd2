export { type CsrAttrs, formatCsrAttrs, parseCsrAttrs } from './attrs.ts'
export type { ExtensionWish, KeyWish, SubjectWish } from './template.ts'
export { type CsrWishes, requestWishes, templateAttribute } from './wishes.ts'
