import type { Element, Layout } from '../../packages/codec/src/frame/protocol.ts'
import { code, table } from './markdown.ts'

const listed = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : '–')

/** The messages of a protocol of frames, one row each. */
export const messageTable = (messages: Readonly<Record<string, Layout>>): string =>
  table(
    ['command', 'message', 'from', 'required', 'optional', 'payload'],
    Object.entries(messages).map(([name, { command, from, required, optional, payload }]) => [
      String(command),
      name,
      from,
      payload === 'unknown' ? '' : listed(required),
      payload === 'unknown' ? '' : listed(optional),
      payload ?? '',
    ]),
  )

const remark = ({ ours, inferred }: Element) => (ours ? ' (*ours*)' : inferred ? ' (inferred)' : '')

/** Its elements. */
export const elementTable = (elements: Readonly<Record<string, Element>>): string =>
  table(
    ['tag', 'element', 'layout', 'what it holds', 'in code'],
    Object.entries(elements).map(([name, element]) => [
      String(element.tag),
      name,
      element.codec.layout,
      `${element.doc}${remark(element)}`,
      code(element.key),
    ]),
  )
