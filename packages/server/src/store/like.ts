/** SQL LIKE as a regular expression: `%` is any text, `_` one character, case does not count. */
export const likePattern = (like: string): RegExp =>
  new RegExp(
    `^${like
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('%', '.*')
      .replaceAll('_', '.')}$`,
    'i',
  )
