export {
  type ErrorLogEntry,
  formatLibestLine,
  LIBEST_LEVELS,
  type LibestLevel,
  type LibestLine,
  parseErrorLog,
} from './error-log.ts'
export { formatTraceLine, parseTraceLine, type TraceLine } from './line.ts'
export { formatNginxLine, NGINX_LEVELS, type NginxContext, type NginxLevel, type NginxLine, parseNginxLine } from './nginx-line.ts'
