export {
  CONFIG_ELEMENTS,
  CONFIG_ROOTS,
  type ConfigRoot,
  type ConfigRow,
  type Field,
  type ListRow,
  type PhoneConfig,
  type ValueRow,
} from './elements.ts'
export { CONFIG_FILE_ERRORS, ConfigError, type ConfigErrorCode } from './errors.ts'
export { formatConfig } from './format.ts'
export { parseConfig } from './parse.ts'
export { MAX_CONFIG_BYTES } from './xml.ts'
