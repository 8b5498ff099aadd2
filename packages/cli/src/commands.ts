import type { AnyCommand } from './command.ts'

/** A noun of the command line. What it needs is loaded when it is used, so that `--help` stays quick. */
export type Noun = { readonly doc: string } & (
  | {
      readonly verbs: () => Promise<{ readonly commands: readonly AnyCommand[] }>
      /** The verb that is meant where none is named. */
      readonly usual?: string
    }
  | { readonly load: () => Promise<{ readonly commands: readonly [AnyCommand] }> }
)

/** Every noun: `verbs` for `capf <noun> <verb>`, `load` for a noun that is the whole command. */
export const NOUNS: Readonly<Record<string, Noun>> = {
  server: { doc: 'The CAPF service', verbs: () => import('./commands/server.ts') },
  tftp: { doc: 'The files of a cluster: TFTP and HTTP', verbs: () => import('./commands/tftp.ts') },
  tvs: { doc: 'The Trust Verification Service', verbs: () => import('./commands/tvs.ts') },
  ra: { doc: 'A registration authority: EST in front of a CA', verbs: () => import('./commands/ra.ts') },
  est: { doc: 'Certificates from an EST server', verbs: () => import('./commands/est.ts') },
  adcs: { doc: 'A pretended Microsoft CA with web enrolment', verbs: () => import('./commands/adcs.ts') },
  device: { doc: 'The devices in a store, and what is ordered for them', verbs: () => import('./commands/device.ts') },
  csr: { doc: 'Certificate requests for an online or offline CA', verbs: () => import('./commands/csr.ts') },
  cert: { doc: 'Certificates that an offline CA has issued', verbs: () => import('./commands/cert.ts') },
  'stale-lsc': { doc: 'Certificates whose request was superseded', verbs: () => import('./commands/stale-lsc.ts') },
  phone: { doc: 'One simulated phone', verbs: () => import('./commands/phone.ts') },
  fleet: { doc: 'Many simulated phones at once', verbs: () => import('./commands/fleet.ts') },
  demo: { doc: 'A server and a thousand phones on this machine', load: () => import('./commands/demo.ts') },
  lab: { doc: 'A whole fake cluster on this machine', verbs: () => import('./commands/lab.ts') },
  monitor: {
    doc: 'Certificates that end soon, and what a new one would reset',
    verbs: () => import('./commands/monitor.ts'),
    usual: 'check',
  },
  trustlist: { doc: 'Trust lists: CTL and ITL files', verbs: () => import('./commands/trustlist.ts') },
  config: { doc: 'Signed and encrypted configuration files', verbs: () => import('./commands/config.ts') },
  keys: { doc: 'Pools of ready key pairs', verbs: () => import('./commands/keys.ts') },
  diagnose: { doc: 'Why phones have no certificate, from logs alone', load: () => import('./commands/diagnose.ts') },
  'pki-timers': { doc: 'When an IOS PKI rolls over, and what its server bears', load: () => import('./commands/pki-timers.ts') },
  doctor: { doc: 'Whether this machine can carry a fleet', load: () => import('./commands/doctor.ts') },
  decode: { doc: 'CAPF frames in words', load: () => import('./commands/decode.ts') },
  errors: { doc: 'What an error code means and what to do', load: () => import('./commands/errors.ts') },
}
