import type { FleetControl } from '@capfkit/fleet'

/** What a key does to a run, and what only the screen knows. */
export type KeyActions = {
  readonly control: Pick<FleetControl, 'state' | 'pause' | 'resume' | 'setFactor' | 'drain'>
  /** As Ctrl-C: the first time in order, the second time at once. */
  interrupt(): void
  toggleHelp(): void
}

type KeyRow = {
  /** What the terminal sends for it. */
  readonly sent: readonly string[]
  /** What is printed on it. */
  readonly name: string
  readonly label: string
  readonly doc: string
  press(actions: KeyActions): void
}

const STEP = 1.1
const CTRL_C = '\u0003'

const changeFactor = ({ control }: KeyActions, times: number) => control.setFactor(control.state.factor * times)

/** One row a key: the screen, its help and the docs walk them. */
export const KEYS: readonly KeyRow[] = [
  {
    sent: ['+', '='],
    name: '+',
    label: 'faster',
    doc: 'start 10 % more a second, or run 10 % more at once',
    press: actions => changeFactor(actions, STEP),
  },
  {
    sent: ['-', '_'],
    name: '-',
    label: 'slower',
    doc: 'the same the other way',
    press: actions => changeFactor(actions, 1 / STEP),
  },
  {
    sent: ['p', ' '],
    name: 'p',
    label: 'pause',
    doc: 'start nothing until p is pressed again; what runs may end',
    press: ({ control }) => (control.state.paused ? control.resume() : control.pause()),
  },
  {
    sent: ['d'],
    name: 'd',
    label: 'drain',
    doc: 'start nothing more and let what runs end; the run can be resumed',
    press: ({ control }) => control.drain(),
  },
  {
    sent: ['q', CTRL_C],
    name: 'q',
    label: 'stop',
    doc: 'as Ctrl-C: what runs has a few seconds; a second time ends at once',
    press: ({ interrupt }) => interrupt(),
  },
  { sent: ['?', 'h'], name: '?', label: 'help', doc: 'what the keys do', press: ({ toggleHelp }) => toggleHelp() },
  {
    sent: ['1', '0'],
    name: '1',
    label: 'as planned',
    doc: 'at the speed of the plan again',
    press: ({ control }) => control.setFactor(1),
  },
]

/** What was typed, key by key; what is no key of ours does nothing. */
export const press = (typed: string, actions: KeyActions): void => {
  for (const character of typed) KEYS.find(({ sent }) => sent.includes(character))?.press(actions)
}
