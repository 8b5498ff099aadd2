import { clientHello } from './client-hello.ts'
import { bytesRow, PATIENCE } from './parameters.ts'
import { faultRow } from './play.ts'

/** What a phone may do instead of TLS. */
export const OPENING_FAULTS = {
  'silent-connect': faultRow({
    doc: 'Connects and says nothing.',
    parameters: PATIENCE,
    expected: () => ['closed'],
    play: () => ({ kind: 'opening', bytes: Buffer.alloc(0) }),
  }),
  'half-hello': faultRow({
    doc: 'Stops in the middle of its ClientHello.',
    parameters: {
      bytes: bytesRow({ default: 40, min: 1, max: 120, doc: 'How much of it comes; the shortest has some 150 bytes.' }),
      ...PATIENCE,
    },
    expected: () => ['closed'],
    play: async ({ parameters, tls }) => ({ kind: 'opening', bytes: (await clientHello(tls)).subarray(0, parameters.bytes) }),
  }),
  'no-tls': faultRow({
    doc: 'Speaks, but not TLS: random bytes come in the place of a ClientHello.',
    parameters: { bytes: bytesRow({ default: 200, min: 1, max: 65_535, doc: 'How many.' }), ...PATIENCE },
    expected: () => ['closed'],
    play: ({ parameters, random }) => ({
      kind: 'opening',
      bytes: Buffer.from(Array.from({ length: parameters.bytes }, () => Math.floor(random() * 256))),
    }),
  }),
} as const
