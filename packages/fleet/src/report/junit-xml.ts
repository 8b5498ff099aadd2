import type { RunReport } from './run-report.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML 1.0 cannot hold are what is replaced
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' }
const escaped = (text: string): string => text.replace(FORBIDDEN, '?').replace(/[&<>"\n]/g, found => ENTITIES[found]!)

/** `error`: the run says nothing about the server; `failure`: it says that something is wrong. */
type Case = { name: string; seconds: number; wrong?: { kind: 'failure' | 'error'; sentences: readonly string[] } }

const reasonLines = ({ summary: { failures } }: RunReport) =>
  failures.map(({ count, reason, side, phase }) => `${count} x ${reason} (${side}, in phase ${phase})`)

const roundCases = ({ summary: { rounds, verdict } }: RunReport, sentences: readonly string[]): Case[] =>
  rounds.map(({ operation, done, failed, seconds }, index) => ({
    name: `round ${index + 1}: ${operation}, ${done + failed} operations`,
    seconds,
    // What the run allows to fail, it allows in each round.
    ...(failed > 0 && verdict !== 'pass'
      ? { wrong: { kind: 'failure', sentences: [`${failed} failed`, ...sentences] } as const }
      : {}),
  }))

const thresholdCases = ({ summary: { thresholds } }: RunReport): Case[] =>
  thresholds.map(({ name, wanted, got, ok, window }) => {
    const where = window ? ` in the window from ${window.fromSeconds} s to ${window.toSeconds} s` : ''
    return {
      name: `threshold ${name} ${wanted}`,
      seconds: 0,
      ...(ok ? {} : { wrong: { kind: 'failure', sentences: [`got ${got}${where}`] } as const }),
    }
  })

const casesOf = (report: RunReport): Case[] => {
  const { summary, complete } = report
  const { verdict, because, seconds } = summary
  const is = (wrong: boolean, kind: 'failure' | 'error') => (wrong ? { wrong: { kind, sentences: because } } : {})
  return [
    ...roundCases(report, reasonLines(report)),
    ...thresholdCases(report),
    { name: 'the generator kept its schedule and had what it needs', seconds: 0, ...is(verdict === 'invalid', 'error') },
    { name: 'the run came to its end', seconds: 0, ...is(!complete || summary.stopped, 'error') },
    { name: 'the verdict is pass', seconds, ...is(verdict === 'fail', 'failure') },
  ]
}

const caseXml = ({ name, seconds, wrong }: Case): string => {
  const open = `    <testcase classname="capf.fleet" name="${escaped(name)}" time="${seconds.toFixed(3)}"`
  if (!wrong) return `${open}/>`
  const [first = wrong.kind] = wrong.sentences
  const inner = `      <${wrong.kind} message="${escaped(first)}">${escaped(wrong.sentences.join('\n'))}</${wrong.kind}>`
  return `${open}>\n${inner}\n    </testcase>`
}

/** The run as JUnit XML, as build servers read it: a case for each round, and for what makes a run worth anything. */
export const junitXml = (report: RunReport): string => {
  const cases = casesOf(report)
  const { startedAt, summary, target } = report
  const countOf = (kind: 'failure' | 'error') => cases.filter(({ wrong }) => wrong?.kind === kind).length
  const counts = `tests="${cases.length}" failures="${countOf('failure')}" errors="${countOf('error')}" time="${summary.seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="capf fleet run" ${counts}>`,
    `  <testsuite name="capf fleet run against ${escaped(target)}" timestamp="${startedAt.slice(0, 19)}" ${counts}>`,
    ...cases.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
