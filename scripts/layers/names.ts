import { DRAWERS, LONG_BECAUSE, MOST_LINES, WARN_LINES } from './house.ts'
import type { Finding, Rule } from './tree.ts'

const isCode = (path: string) => path.endsWith('.ts') && /^(?:packages|scripts)\//.test(path)

/** A file and its folders are named after what is in them. */
export const sayWhatIsInside: Rule = files =>
  files.flatMap(({ path }): Finding[] => {
    const drawer = isCode(path) && path.split('/').find(word => DRAWERS.includes(word.split('.', 1)[0]!))
    return drawer ? [{ path, sentence: `"${drawer}" says nothing about what is inside; name it after what it does` }] : []
  })

/** A long file is split, or says in its first line why not. */
export const stayShort: Rule = files =>
  files.flatMap(({ path, text }): Finding[] => {
    const lines = text.split('\n').length - 1
    if (!isCode(path) || lines <= WARN_LINES || text.startsWith(LONG_BECAUSE)) return []
    const sentence = `${lines} lines; split it, or begin it with "${LONG_BECAUSE}…"`
    return [lines > MOST_LINES ? { path, sentence } : { path, sentence, isWarning: true }]
  })
