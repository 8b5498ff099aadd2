import type { Message } from '@capfkit/codec/capf'
import type { OptionRow, OptionsOf, OptionTable } from '@capfkit/codec/options'
import type { AuthMode, Credential, Device } from '../device.ts'
import type { TlsProfile } from '../tls-profile.ts'
import type { Outcome } from './outcome.ts'
import type { Step } from './step.ts'

/** A message of the phone on its way to the server. */
export type Frame = { readonly message: Message; readonly bytes: Buffer }

/** What is done at a step. */
export type Move =
  /** These instead of the frame that is the step, each in one write. */
  | { readonly do: 'write'; readonly frames: readonly Buffer[] }
  /** Nothing leaves for so many ms. */
  | { readonly do: 'stall'; readonly ms: number }
  /** RST. */
  | { readonly do: 'reset' }
  /** close_notify and FIN. */
  | { readonly do: 'end' }
  /** Neither a byte nor a FIN, ever. */
  | { readonly do: 'silence' }

/** What a fault does in a session. */
export type Play =
  /** These bytes instead of TLS, and then nothing. */
  | { readonly kind: 'opening'; readonly bytes: Buffer }
  /** Everything, TLS included, in TCP segments of this size. */
  | { readonly kind: 'segments'; readonly bytes: number }
  /** The phone looks at its clock, which is wrong by so many ms, before it takes a certificate. */
  | { readonly kind: 'clock'; readonly skewMs: number }
  | {
      readonly kind: 'step'
      readonly at: Step
      /** The frame leaves before the move. */
      readonly after?: boolean
      readonly move: (frame: Frame | undefined) => Move
    }

/** Makes a certificate, with its key, that no server should believe. */
export type Forge = (wanted: {
  deviceName: string
  /** When it is made, as its dates tell. */
  at: Date
  days: number
  /** By a CA that nobody knows. */
  byStranger: boolean
}) => Promise<Credential>

/** What a fault knows when it begins. */
export type Scene<P> = {
  readonly parameters: P
  readonly device: Device
  readonly tls: TlsProfile
  readonly random: () => number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Of the last session of this phone that had one. */
  readonly earlierSessionId: number | undefined
  readonly forge: Forge
}

/** One way to misbehave. */
export type FaultRow<P extends OptionTable = OptionTable> = {
  readonly doc: string
  /** The ways to authenticate in which a phone can do it; all without it. */
  readonly modes?: readonly AuthMode[]
  readonly parameters: P
  /** How a session may end with a server that is in order. */
  readonly expected: (parameters: OptionsOf<P>) => readonly Outcome[]
  /** How many sessions in a row; one without it. */
  readonly sessions?: (parameters: OptionsOf<P>) => number
  readonly play: (scene: Scene<OptionsOf<P>>) => Play | Promise<Play>
}

/** A row whatever its parameters are. */
export type AnyFaultRow = Omit<FaultRow, 'expected' | 'sessions' | 'play'> & {
  readonly expected: (parameters: never) => readonly Outcome[]
  readonly sessions?: (parameters: never) => number
  readonly play: (scene: Scene<never>) => Play | Promise<Play>
}

/** States a row so that its functions get their parameters by type. */
export const faultRow = <const P extends Readonly<Record<string, OptionRow>>>(row: FaultRow<P>): FaultRow<P> => row
