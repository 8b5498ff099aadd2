import { text } from '@capfkit/codec/options'
import { type ComparedFigure, type ComparedVerdict, type Comparison, compareRuns, reportRun } from '@capfkit/fleet'
import { command, JSON_OPTION } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, painter, print } from '../io.ts'
import { plain, screenTable } from '../screen-table.ts'

const EXIT_OF: Readonly<Record<Comparison['verdict'], ExitCode>> = {
  same: EXIT.pass,
  better: EXIT.pass,
  worse: EXIT.regression,
  invalid: EXIT.invalid,
}

/** What is said of each figure. */
const WORDS: Readonly<Record<ComparedVerdict, string>> = {
  same: 'the same',
  better: 'better',
  worse: 'WORSE',
  unknown: 'too short to tell',
  info: '',
}

const figure = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2))

const row = ({ name, unit, a, b, changePercent, noise, verdict }: ComparedFigure): string[] => [
  unit === '' ? name : `${name}, ${unit}`,
  figure(a),
  figure(b),
  changePercent === undefined ? '' : `${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %`,
  noise === undefined ? '' : figure(noise),
  WORDS[verdict],
]

const CONCLUSIONS: Readonly<Record<Comparison['verdict'], string>> = {
  same: 'B is as good as A: nothing differs by more than noise',
  better: 'B is better than A',
  worse: 'B is worse than A',
  invalid: 'the runs cannot be compared',
}
const COLOURS = { same: 'green', better: 'green', worse: 'red', invalid: 'yellow' } as const

const show = (io: Io, { figures, differences, notes, verdict }: Comparison): void => {
  const paint = painter(io.stdout, io)
  print(io, screenTable(io, { head: ['FIGURE', 'A', 'B', 'CHANGE', 'NOISE', ''], rows: figures.map(row) }))
  for (const { name, a, b } of differences) print(io, plain(`option ${name}: ${JSON.stringify(a)} in A, ${JSON.stringify(b)} in B`))
  for (const sentence of notes) print(io, plain(sentence))
  print(io, paint(COLOURS[verdict], CONCLUSIONS[verdict]))
}

export const compare = command({
  name: 'compare',
  doc: 'Put two recorded runs side by side',
  details:
    'A is the baseline. A difference counts when it is larger than the runs vary by themselves, seen from ten stretches of each (three standard errors), and than the tolerance. Exit code 7 when B is worse in something, 4 when one of the runs is invalid.',
  examples: [['fleet compare baseline results', 'Has the server become slower?']],
  words: { a: { doc: 'The folder of the baseline.' }, b: { doc: 'The folder of the other run.' } },
  options: {
    tolerance: text({
      default: '5%',
      pattern: /^\d{1,3}(?:\.\d+)?%$/,
      range: 'PERCENT%',
      doc: 'Share of the figure of A that never counts as a difference.',
    }),
    ...JSON_OPTION,
  },
  async run({ options: { tolerance, json }, words: { a, b }, io }) {
    const comparison = compareRuns(await reportRun(a), await reportRun(b), { tolerance: Number(tolerance.slice(0, -1)) / 100 })
    if (json) print(io, JSON.stringify(comparison))
    else show(io, comparison)
    return EXIT_OF[comparison.verdict]
  },
})
