/** Words of somebody else on one line, bounded, as they may end on a screen or in a log. */
export const oneLine = (text: string, maxLength: number): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  text.slice(0, maxLength).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
