/** Every way in which a configuration can be wrong. */
export const CONFIG_ERRORS = {
  CONFIG_UNKNOWN: 'no option has this name',
  CONFIG_WRONG_TYPE: 'the value is of another kind',
  CONFIG_OUT_OF_RANGE: 'the value is outside the range of the option',
} as const

export type OptionProblem = { code: keyof typeof CONFIG_ERRORS; name: string; sentence: string }

/** One or more wrong options; the message has a sentence for each. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly code: keyof typeof CONFIG_ERRORS
  readonly problems: readonly OptionProblem[]

  constructor(problems: readonly OptionProblem[]) {
    super(problems.map(({ sentence, code }) => `${sentence} (${code})`).join('; '))
    this.code = problems[0]?.code ?? 'CONFIG_UNKNOWN'
    this.problems = problems
  }
}
