import { ANCHORS } from '../../packages/est/src/adcs/client/page-anchors.ts'
import { CURL_FAILURES, type CurlFailureName, curlFailure } from '../../packages/est/src/adcs/curl-failures.ts'
import {
  ADCS_CAUSES,
  type AdcsCause,
  CES_LINES,
  FAULT_STEPS,
  FAULTS,
  IIS_FIELDS,
  IIS_STATUSES,
  POLICIES,
  WEB_CERTIFICATES,
} from '../../packages/est/src/adcs/index.ts'
import { code, table } from './markdown.ts'

/** Letters in the place of what differs from case to case. */
const PLACE = {
  host: 'HOST',
  port: 'PORT' as unknown as number,
  elapsedMs: 'N' as unknown as number,
  receivedBytes: 'N' as unknown as number,
  detail: 'words of OpenSSL',
}

const curl = (): string =>
  table(
    ['Node', 'code', 'curl', 'words', 'CES', 'words of CES, where they differ'],
    (Object.keys(CURL_FAILURES) as CurlFailureName[]).map(name => {
      const { code: ours, curl } = curlFailure(name, PLACE)
      const isOther = curl.ces.words !== curl.words
      return [code(name), code(ours), String(curl.number), curl.words, String(curl.ces.number), isOther ? curl.ces.words : '']
    }),
  )

const ces = (): string =>
  table(
    ['level', 'function', 'text', ''],
    Object.values(CES_LINES).map(line => [line.level, code(line.by), line.text, 'inferred' in line ? '*ours*' : '']),
  )

const documented = (rows: Readonly<Record<string, string>>): string =>
  table(
    ['name', 'what it is'],
    Object.entries(rows).map(([name, doc]) => [code(name), doc]),
  )

/** By the name of their place on the page. */
export const adcsTables = (): Record<string, string> => ({
  anchors: table(
    ['for', 'anchor'],
    Object.entries(ANCHORS).map(([name, anchor]) => [
      name,
      typeof anchor === 'string' ? `id ${code(anchor)}` : code(anchor.source),
    ]),
  ),
  ces: ces(),
  curl: curl(),
  certificates: documented(Object.fromEntries(Object.entries(WEB_CERTIFICATES).map(([name, { doc }]) => [name, doc]))),
  faults: `${documented(FAULTS)}\n\nSteps are ${Object.keys(FAULT_STEPS).map(code).join(', ')}.`,
  policies: documented(POLICIES),
  causes: table(
    ['name', 'cause', 'code', 'how the simulator, or its client, comes to it'],
    Object.entries<AdcsCause>(ADCS_CAUSES).map(([name, { what, code: ours, ...told }]) => [
      code(name),
      what,
      code(ours),
      code(JSON.stringify(told)),
    ]),
  ),
  columns: Object.keys(IIS_FIELDS).map(code).join(', '),
  statuses: table(
    ['for', 'status', 'substatus', 'Windows status'],
    Object.entries(IIS_STATUSES).map(([name, { status, substatus, win32 }]) => [
      name,
      String(status),
      String(substatus),
      String(win32),
    ]),
  ),
})
