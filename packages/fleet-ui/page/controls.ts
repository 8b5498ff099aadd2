import { inWords, type LiveSnapshot } from '@capfkit/fleet/live'
import type { ActionName } from '../src/control.ts'
import { element } from './elements.ts'
import { mayControl, tellRun } from './server.ts'

const STEP = 1.1
/** Twice in this time is meant. */
const SURE_MS = 4_000

/** The buttons of those who have the token. */
export class Controls {
  readonly element: HTMLElement
  readonly #say: (sentence: string) => void
  readonly #pause = element('button', { type: 'button', id: 'pause' }, 'Pause')
  readonly #speed = element('button', { type: 'button', id: 'speed', title: 'At the speed of the plan again' }, '×1')
  readonly #all: readonly HTMLButtonElement[]
  #factor = 1
  #isPaused = false

  /** @param say  tells why something was not done. */
  constructor(say: (sentence: string) => void) {
    this.#say = say
    const slower = element('button', { type: 'button', id: 'slower', title: '10 % slower', 'aria-label': 'slower' }, '−')
    const faster = element('button', { type: 'button', id: 'faster', title: '10 % faster', 'aria-label': 'faster' }, '+')
    const drain = this.#sure('drain', { label: 'Drain', title: 'Start nothing more, and let what runs end' })
    const stop = this.#sure('stop', { label: 'Stop', title: 'Start nothing more; what runs has a few seconds' })
    this.#pause.onclick = () => this.#tell(this.#isPaused ? 'resume' : 'pause')
    this.#speed.onclick = () => this.#tell('rate', 1)
    slower.onclick = () => this.#tell('rate', this.#factor / STEP)
    faster.onclick = () => this.#tell('rate', this.#factor * STEP)
    this.#all = [this.#pause, slower, this.#speed, faster, drain, stop]
    this.element = mayControl
      ? element(
          'div',
          { class: 'controls' },
          this.#pause,
          element('span', { class: 'group' }, slower, this.#speed, faster),
          drain,
          stop,
        )
      : element('div', { class: 'controls soft', id: 'read-only' }, 'read only: open the URL with the token to steer the run')
  }

  show({ state, figures, control }: Pick<LiveSnapshot, 'state' | 'figures' | 'control'>): void {
    this.#factor = control.factor
    this.#isPaused = control.paused
    this.#pause.textContent = this.#isPaused ? 'Resume' : 'Pause'
    this.#speed.textContent = inWords('times', figures.factor ?? this.#factor)
    const isOver = state === 'ended' || state === 'stopping'
    for (const button of this.#all) button.disabled = isOver || (state === 'draining' && button.id !== 'stop')
  }

  #tell(action: ActionName, factor?: number): void {
    tellRun(action, factor).catch((error: Error) => this.#say(error.message))
  }

  /** What cannot be taken back is asked for twice. */
  #sure(action: 'drain' | 'stop', { label, title }: { label: string; title: string }): HTMLButtonElement {
    const button = element('button', { type: 'button', id: action, title, class: action === 'stop' ? 'bad' : undefined }, label)
    let isSure = false
    button.onclick = () => {
      if (isSure) {
        this.#tell(action)
        return
      }
      isSure = true
      button.textContent = `${label}, sure?`
      setTimeout(() => {
        isSure = false
        button.textContent = label
      }, SURE_MS)
    }
    return button
  }
}
