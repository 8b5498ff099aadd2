import type { ValueCodec } from './values.ts'

/**
 * Where the fields of a frame's header stand, in bytes from its start. The first byte is the magic; numbers are big-endian; the
 * length, a u16, is that of the elements, which begin where the header ends.
 */
export type HeaderLayout = {
  readonly magic: number
  readonly bytes: number
  readonly commandAt: number
  readonly sessionIdAt: number
  readonly lengthAt: number
  /** Where there is a version, and the one that is spoken. A byte that no field covers is written as 0 and not looked at. */
  readonly version?: { readonly at: number; readonly number: number }
}

/** In front of each element: `u8 tag | u16 length`. */
export const ELEMENT_HEADER_BYTES = 3

/** The longest body that the length field can express. */
export const MAX_BODY_BYTES = 0xffff

/** One kind of element: its tag on the wire, its name in a decoded message, how its value is laid out. */
export type Element<T = unknown> = {
  readonly tag: number
  readonly key: string
  readonly codec: ValueCodec<T>
  /** Where the layout is this project's own definition and published nowhere. */
  readonly ours?: true
  /** Where the layout was concluded from what is known, and seen nowhere. */
  readonly inferred?: true
  readonly doc: string
}

/** A row of an element table; the key stays a literal, so that the types of messages can be derived. */
export const el = <const K extends string, T>(
  tag: number,
  row: { key: K; codec: ValueCodec<T>; ours?: true; inferred?: true; doc: string },
) => ({ tag, ...row })

/** One message: its command number, who sends it, what it must and may carry. */
export type Layout<E extends string = string> = {
  readonly command: number
  readonly from: 'server' | 'client' | 'either'
  readonly required: readonly E[]
  readonly optional: readonly E[]
  /**
   * `ours`: the payload is this project's own definition. `unknown`: nothing but the name is public, so the body is empty.
   * `inferred`: concluded from what is known, and seen nowhere.
   */
  readonly payload?: 'ours' | 'unknown' | 'inferred'
}

/** A protocol is a header and two tables; reader, writer and fuzzer know nothing else of it. */
export type Protocol = {
  readonly header: HeaderLayout
  readonly elements: Readonly<Record<string, Element<unknown>>>
  readonly messages: Readonly<Record<string, Layout>>
}

type ElementTable = Readonly<Record<string, { readonly key: string; readonly codec: unknown }>>
type MessageTable = Readonly<Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>>

type ValueOf<E> = E extends { readonly codec: ValueCodec<infer T> } ? T : never
type Flat<T> = { [K in keyof T]: T[K] }
type Values<E extends ElementTable, Names extends string> = { [N in Names & keyof E as E[N]['key']]: ValueOf<E[N]> }

/** A decoded message by its name, derived from the tables: `{ name, sessionId, …its elements by their keys }`. */
export type MessageIn<M extends MessageTable, E extends ElementTable, N extends keyof M> = N extends keyof M
  ? Flat<{ name: N; sessionId: number } & Values<E, M[N]['required'][number]> & Partial<Values<E, M[N]['optional'][number]>>>
  : never
