import { flag, type OptionsOf, optionalText, textList } from '@capfkit/codec/options'
import { ADDRESS } from '@capfkit/listen'
import { JSON_OPTION } from '../../command.ts'

/** How a run is shown while it goes on and at its end; nothing of it changes the run. */
export const LIVE_OPTIONS = {
  ...JSON_OPTION,
  jsonLines: flag({
    default: false,
    doc: 'Print a snapshot of the run on stdout once a second, JSON Lines, and the summary as the last line.',
  }),
  ui: optionalText({
    ...ADDRESS,
    doc: 'Serve a page there that shows the run while it goes on; port 0 picks a free one. Everybody who reaches the address may watch. The URL that is printed has a token, and who has that may steer the run.',
  }),
  uiToken: optionalText({
    pattern: /^[\w.~-]{16,128}$/,
    range: '16 to 128 letters, digits, _ . ~ -',
    doc: 'The token for --ui, where it must be known before. Made by chance without it.',
    secret: true,
  }),
  metrics: optionalText({
    ...ADDRESS,
    doc: 'Serve GET /metrics there while the run goes on (Prometheus text: counts only), without authentication.',
  }),
  otlp: optionalText({
    pattern: /^https?:\/\/[^\s]+$/,
    range: 'URL',
    doc: 'OpenTelemetry collector that is sent the metrics every five seconds, OTLP over HTTP in JSON, such as http://127.0.0.1:4318.',
  }),
  otlpHeader: textList({ doc: 'Header for --otlp, NAME=VALUE, such as an authorization.', secret: true }),
} as const

export type LiveOptions = OptionsOf<typeof LIVE_OPTIONS>
