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
export { findTemplate, matchTemplate, parseTemplate, type Span, type Template } from './template.ts'
export { TRACE_TEXTS, type TraceText, traceText } from './texts.ts'
