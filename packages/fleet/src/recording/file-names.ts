/** A file of a recorded run: that of the process that leads it, or of one that runs phones [RUN-1.1]. */
export type RunFileName = { readonly part: 'run' | 'client'; readonly process: number; readonly generation: number }

const FILE = /^(?:run|part-(\d{1,6}))(?:\.(\d{1,6}))?\.capfrun$/

/** Files of a run that was resumed stand beside those of before, with a number behind the first: `part-0.1.capfrun`. */
export const runFileName = ({ part, process, generation }: RunFileName): string =>
  `${part === 'run' ? 'run' : `part-${process}`}${generation === 0 ? '' : `.${generation}`}.capfrun`

/** What a file of a run is by its name; `undefined` for one that is none. */
export const readRunFileName = (name: string): RunFileName | undefined => {
  const [found, process, generation = '0'] = FILE.exec(name) ?? []
  if (found === undefined) return undefined
  return { part: process === undefined ? 'run' : 'client', process: Number(process ?? 0), generation: Number(generation) }
}
