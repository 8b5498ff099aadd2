import { buildCsr, type CsrAttribute, generateKeyPair, type KeyPair } from '@capfkit/pki'
import type { Test } from 'tap'
import {
  AdcsClient,
  type AdcsClientInit,
  AdcsSimulator,
  type AdcsSimulatorInit,
  CertificationAuthority,
} from '../src/adcs/index.ts'

/** Made once for a test file: keys are slow. */
export const authority = await CertificationAuthority.create({
  name: 'TEST-LAB-CA',
  keySpec: { type: 'ec', curve: 'secp256r1' },
  subordinate: false,
  issuedDays: 365,
  now: () => new Date(),
})
export const phoneKey: KeyPair = await generateKeyPair({ type: 'rsa', bits: 2048 })

export const PASSWORD = 'pässword 1+1=2'

/** A request of a phone, DER. */
export const csrOf = (name = 'SEP001122334455', keyPair = phoneKey, attributes: readonly CsrAttribute[] = []): Promise<Buffer> =>
  buildCsr({ subject: [{ type: 'CN', value: name }], keyPair, attributes })

export const csrDer = await csrOf()

/**
 * A client's time-out that comes when the simulator has a request of this path and does not answer it: nothing waits, and no
 * machine is too slow.
 */
export const timeoutAt = (path: () => string | undefined) => {
  let fire = () => {}
  return {
    onRequest: (asked: string) => {
      if (asked === path()) fire()
    },
    startTimer: (callback: () => void) => {
      fire = callback
      return { [Symbol.dispose]: () => {} }
    },
  }
}

type LabInit = Partial<Omit<AdcsSimulatorInit, 'options'>> & {
  options?: AdcsSimulatorInit['options']
  client?: AdcsClientInit['options']
  trusted?: readonly Buffer[]
}

/** A simulator and a client of it, over real TLS; both end with the test. */
export const lab = async (t: Test, { client: clientOptions = {}, trusted, options = {}, ...init }: LabInit = {}) => {
  const iisLines: string[] = []
  const simulator = await AdcsSimulator.start({
    users: { ciscora: PASSWORD },
    ...(options.subordinate || options.renewals ? {} : { authority }),
    ...init,
    onIisLine: line => iisLines.push(line),
    options: { listen: '127.0.0.1:0', drainTimeoutMs: 100, ...options },
  })
  t.teardown(() => simulator[Symbol.asyncDispose]())
  const server = `localhost:${simulator.address.port}`
  const clientWith = (more: AdcsClientInit['options'] = {}, environment: Partial<AdcsClientInit> = {}) =>
    new AdcsClient({
      trusted: trusted ?? simulator.authority.roots,
      ...environment,
      options: { server, user: 'TEST\\ciscora', password: PASSWORD, ...clientOptions, ...more },
    })
  return { simulator, client: clientWith(), clientWith, iisLines, server }
}
