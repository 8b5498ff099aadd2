export { CONFIG_ERRORS, OptionError, type OptionProblem } from './errors.ts'
export { parseOptions } from './parse.ts'
export { flag, int, type OptionRow, type OptionsOf, type OptionTable, oneOf, optionalText, text, textList } from './rows.ts'
