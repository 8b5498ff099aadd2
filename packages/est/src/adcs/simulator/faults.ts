import { AdcsError } from '../errors.ts'
import { CERTSRV, PAGES } from '../paths.ts'

/** Where a fault can be: the pages, by the names that IIS logs show. */
export const FAULT_STEPS = {
  login: CERTSRV,
  certrqxt: PAGES.request,
  certfnsh: PAGES.submit,
  'certnew.cer': PAGES.certificate,
  'certnew.p7b': PAGES.chain,
  certcarc: PAGES.caCertificates,
} as const

/** What can go wrong on demand. */
export const FAULTS = {
  silent: 'never answers',
  slow: 'answers after so many milliseconds: slow:MS',
  reset: 'resets the connection instead of an answer',
  close: 'closes the connection instead of an answer',
  cut: 'closes the connection in the middle of the answer',
  endless: 'sends a page that does not end',
  'wrong-page': 'answers with a page of something else',
  'server-error': 'answers 500',
  forbidden: 'answers 403',
  'no-rpc': 'cannot reach its CA: RPC server unavailable',
} as const

export type FaultStep = keyof typeof FAULT_STEPS
export type Fault = { readonly kind: keyof typeof FAULTS; readonly delayMs?: number }
export type Faults = { [S in FaultStep]?: Fault }

/** `STEP=FAULT`, e.g. `certfnsh=slow:2000`. @throws {AdcsError} `ADCS_FAULT_SYNTAX` */
export const parseFault = (text: string): Faults => {
  const [, step = '', kind = '', ms] = /^([\w.]+)=([a-z-]+)(?::(\d{1,8}))?$/.exec(text) ?? []
  const isKnown = Object.hasOwn(FAULT_STEPS, step) && Object.hasOwn(FAULTS, kind)
  if (!isKnown || (ms !== undefined) !== (kind === 'slow'))
    throw new AdcsError('ADCS_FAULT_SYNTAX', `--fault ${JSON.stringify(text)}`, {
      detail: `steps are ${Object.keys(FAULT_STEPS).join(', ')}; faults are ${Object.keys(FAULTS).join(', ')}`,
    })
  return { [step]: { kind: kind as Fault['kind'], ...(ms === undefined ? {} : { delayMs: Number(ms) }) } }
}

/** The fault that is set for a path, in lower case. */
export const faultAt = (faults: Faults, path: string): Fault | undefined => {
  const found = (Object.keys(FAULT_STEPS) as FaultStep[]).find(step => FAULT_STEPS[step] === path)
  return found && faults[found]
}
