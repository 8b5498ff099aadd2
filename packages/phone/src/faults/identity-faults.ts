import { CERTIFICATE_TYPE, DIGEST_TYPE, encode, type Message } from '@capfkit/codec/capf'
import { int } from '@capfkit/codec/options'
import { signAuthentication } from '@capfkit/pki'
import type { Credential } from '../device.ts'
import type { Outcome } from './outcome.ts'
import { PATIENCE } from './parameters.ts'
import { type Frame, faultRow, type Play, type Scene } from './play.ts'

const DAY_MS = 86_400_000
const CERTIFICATE_MODES = ['lsc', 'mic'] as const
const DAYS = { min: 1, max: 3650, unit: 'days' } as const
/** How long forged certificates are valid, days. */
const LIFE_DAYS = 365

/** A server that has nothing for a phone need not ask who it is. */
const REFUSED = (): readonly Outcome[] => ['refused', 'idle']

type AuthResponse = Extract<Message, { name: 'AUTH_RESPONSE' }>

/** Another AUTH_RESPONSE than the true one. */
const answering = (change: (response: AuthResponse) => AuthResponse): Play => ({
  kind: 'step',
  at: 'AUTH_RESPONSE',
  move: frame => ({ do: 'write', frames: [encode(change((frame as Frame).message as AuthResponse))] }),
})

/** AUTH_RESPONSE with this certificate, truly signed by its key: nothing is wrong but the certificate. */
const presenting = ({ certificateDer, privateKey }: Credential): Play =>
  answering(response => {
    const signed = signAuthentication({ deviceName: response.deviceName, certificateDer, privateKey })
    return {
      ...response,
      certificate: { certificateType: CERTIFICATE_TYPE.MIC, certificateDer },
      signedData: signed.signedData,
      sha2SignedData: { digestType: DIGEST_TYPE.SHA512, signature: signed.sha2SignedData },
    }
  })

type Forged = { atMs: number; days?: number; byStranger?: boolean }

const forged = async (scene: Scene<unknown>, { atMs, days = LIFE_DAYS, byStranger = false }: Forged): Promise<Play> => {
  const { deviceName } = scene.device
  return presenting(await scene.forge({ deviceName, at: new Date(atMs), days, byStranger }))
}

/** Digits as many as the true string has, and at least one of them another. */
const wrongString = (right: string, random: () => number): string => {
  const digits = Array.from(right, () => Math.floor(random() * 10)).join('')
  return digits === right || digits === '' ? `${digits}0` : digits
}

/** What a phone may do about proving who it is. All end in a refusal where there is something to refuse, and the order stays. */
export const IDENTITY_FAULTS = {
  'wrong-string': faultRow({
    doc: 'Sends a wrong authentication string, in so many sessions one after the other.',
    modes: ['string'],
    parameters: {
      times: int({
        default: 1,
        min: 1,
        max: 1000,
        unit: 'sessions',
        doc: 'How often. A server locks the device at some time: --max-auth-attempts.',
      }),
      ...PATIENCE,
    },
    expected: REFUSED,
    sessions: ({ times }) => times,
    play: ({ random }) => answering(response => ({ ...response, password: wrongString(response.password ?? '', random) })),
  }),
  'no-certificate': faultRow({
    doc: 'Shows no certificate although its mode asks for one.',
    modes: CERTIFICATE_MODES,
    parameters: PATIENCE,
    expected: REFUSED,
    play: () => answering(({ certificate, signedData, sha2SignedData, ...rest }) => rest),
  }),
  'expired-certificate': faultRow({
    doc: 'Shows a MIC that has expired, with a true signature.',
    modes: CERTIFICATE_MODES,
    parameters: { days: int({ ...DAYS, default: 30, doc: 'For how long it has been expired.' }), ...PATIENCE },
    expected: REFUSED,
    play: scene => forged(scene, { atMs: scene.now() - (LIFE_DAYS + scene.parameters.days) * DAY_MS }),
  }),
  'future-certificate': faultRow({
    doc: 'Shows a MIC that is not valid yet, with a true signature.',
    modes: CERTIFICATE_MODES,
    parameters: { days: int({ ...DAYS, default: 30, doc: 'In how many days it will be.' }), ...PATIENCE },
    expected: REFUSED,
    play: scene => forged(scene, { atMs: scene.now() + scene.parameters.days * DAY_MS }),
  }),
  'foreign-certificate': faultRow({
    doc: 'Shows a MIC of a CA that the server does not know, with a true signature.',
    modes: CERTIFICATE_MODES,
    parameters: PATIENCE,
    expected: REFUSED,
    play: scene => forged(scene, { atMs: scene.now(), byStranger: true }),
  }),
} as const
