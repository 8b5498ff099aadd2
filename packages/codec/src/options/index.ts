export {
  type DocumentEntry,
  type DocumentNode,
  type DocumentReading,
  examineDocument,
} from './document.ts'
export {
  CONFIG_ERRORS,
  type ConfigErrorCode,
  DocumentError,
  type DocumentPlace,
  type DocumentProblem,
  OptionError,
  type OptionProblem,
} from './errors.ts'
export { jsonSchemaOf } from './json-schema.ts'
export { nearest } from './nearest.ts'
export { parseOptions } from './parse.ts'
export {
  DISTRIBUTION_RANGE,
  DISTRIBUTIONS,
  type Distribution,
  formatTime,
  parseDistribution,
  parsePercent,
  parseRate,
  parseTime,
} from './quantities.ts'
export {
  number,
  optionalInt,
  optionalRate,
  optionalReading,
  optionalTime,
  percent,
  reading,
  requiredReading,
  time,
} from './readings.ts'
export { flag, int, type OptionRow, type OptionsOf, type OptionTable, oneOf, optionalText, text, textList } from './rows.ts'
export {
  type DocumentRow,
  type DocumentTable,
  isOption,
  type ManyRow,
  many,
  type NamedRow,
  named,
  type SectionRow,
  type SectionRule,
  section,
  type ValueOf,
  type ValuesOf,
} from './sections.ts'
