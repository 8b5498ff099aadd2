/** Every way in which a configuration can be wrong. */
export const CONFIG_ERRORS = {
  CONFIG_UNKNOWN: 'no option has this name',
  CONFIG_WRONG_TYPE: 'the value is of another kind',
  CONFIG_OUT_OF_RANGE: 'the value is outside the range of the option',
  CONFIG_MISSING: 'a value is needed and not there',
  CONFIG_TWICE: 'the same name stands twice in one place or stands for two things',
  CONFIG_CONTRADICTION: 'values that do not go together',
  CONFIG_SYNTAX: 'the file cannot be read',
} as const

export type ConfigErrorCode = keyof typeof CONFIG_ERRORS

export type OptionProblem = { code: ConfigErrorCode; name: string; sentence: string }

/** One or more wrong options; the message has a sentence for each. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly code: ConfigErrorCode
  readonly problems: readonly OptionProblem[]

  constructor(problems: readonly OptionProblem[]) {
    super(problems.map(({ sentence, code }) => `${sentence} (${code})`).join('; '))
    this.code = problems[0]?.code ?? 'CONFIG_UNKNOWN'
    this.problems = problems
  }
}

/** Where something stands in a document, both from 1. */
export type DocumentPlace = { readonly line: number; readonly column: number }

/** One mistake in a document; `path` is such as `phases[2].arrivals.rate`, empty for the whole. */
export type DocumentProblem = DocumentPlace & { code: ConfigErrorCode; path: string; sentence: string }

/** Every mistake of a document, in the order of its lines; the message has a line for each: `12:5: sentence (CODE)`. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: ConfigErrorCode
  readonly problems: readonly DocumentProblem[]

  constructor(problems: readonly DocumentProblem[], options?: ErrorOptions) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
    super(sorted.map(({ line, column, sentence, code }) => `${line}:${column}: ${sentence} (${code})`).join('\n'), options)
    this.code = sorted[0]?.code ?? 'CONFIG_UNKNOWN'
    this.problems = sorted
  }
}
