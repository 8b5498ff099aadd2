import type { OptionTable } from '../../packages/codec/src/options/index.ts'
import { GROUP_OPTIONS, RULE_OPTIONS } from '../../packages/fleet/src/index.ts'
import { type AnyFaultRow, FAULTS, NETWORK_OPTIONS, OUTCOMES } from '../../packages/phone/src/index.ts'
import { code, GENERATED, page, table } from './markdown.ts'

/** Rows without flags: these are words inside one option. */
const parameterRows = (options: OptionTable): string =>
  table(
    ['name', 'default', 'allowed', 'what it does'],
    Object.entries(options).map(([name, { default: value, range = '', unit = '', doc }]) => [
      code(name),
      value === undefined ? '–' : code(String(value)),
      `${range} ${unit}`,
      doc,
    ]),
  )

const COMMON = ['patienceMs'] as const

/** What a server may do is a function of the parameters: shown for the defaults. */
const expectedOf = ({ parameters, expected }: AnyFaultRow): string => {
  const defaults = Object.fromEntries(Object.entries(parameters).map(([name, row]) => [name, row.default]))
  return expected(defaults as never).join(' or ')
}

const faultParts = ([name, row]: readonly [string, AnyFaultRow]): string[] => {
  const { doc, modes, parameters } = row
  const own = Object.fromEntries(Object.entries(parameters).filter(([key]) => !COMMON.some(common => common === key)))
  const only = modes ? ` Only for phones that authenticate by ${modes.join(' or ')}.` : ''
  return [
    `### ${name}`,
    `${doc}${only} With a server that is in order the outcome is ${expectedOf(row)}.`,
    ...(Object.keys(own).length > 0 ? [parameterRows(own)] : []),
  ]
}

export const faultsPage = (): string =>
  page([
    '# Phones that misbehave, and bad networks',
    GENERATED,
    'A phone of capfkit can do something wrong on purpose, and its network can be slow, lossy or half-open. All names, words and figures here are ours; the phones of a vendor have no such switch.',
    'By hand, one phone; the exit code is 0 when the server did about it what it should:',
    '```sh\ncapf phone enrol SEP001122334455 --server 127.0.0.1:3804 --capf-certificate capf.pem --out lscs --fault reset:at=KEY_GENERATE_RESPONSE\n```',
    'In a fleet, by rules; each process knows for every operation of the plan what it is to be, so that the same seed gives the same faults, however many processes there are:',
    "```sh\ncapf fleet run --embedded --phones 1000 --fault 'garbage; every=10' --fault 'wrong-string:times=3; next=5' --network 'latencyMs=150,jitterMs=20; share=20%'\n```",
    'In code: `FAULTS`, `newFault`, `parseFault`, `NETWORK_OPTIONS` and `OUTCOMES` of `@capfkit/phone`; `Phone.runSession`, `contactCapf` and `boot` take a `disturbance`, a new `Phone` takes a `network`.',
    'What a phone that misbehaved came to counts apart from what was done and what failed, by fault and outcome, and its times are in no figure. When the server did not do what it should, the operation has failed: `PHONE_FAULT_ACCEPTED`, `PHONE_FAULT_REFUSED`, `PHONE_FAULT_UNANSWERED` (see [errors.md](errors.md)). A session that ended before its fault could come about counts as it is.',
    '## Outcomes',
    table(
      ['outcome', 'how the session ended'],
      Object.entries(OUTCOMES).map(([name, { doc }]) => [code(name), doc]),
    ),
    '## Faults',
    'Written `NAME`, or `NAME:PARAMETER=VALUE,…`. A step of a session is `connected` (TCP is there), `secured` (TLS is there), or a message: one of the server when it has come, one of the phone when it is to leave. Every fault has `patienceMs`:',
    parameterRows(Object.fromEntries(COMMON.map(name => [name, FAULTS['silent-connect'].parameters[name]]))),
    ...Object.entries(FAULTS).flatMap(faultParts),
    '## Rules of a fleet',
    'Written `FAULT; NAME=VALUE; …`. The first rule that fits an operation is taken; phones whose way to authenticate does not let them do it do not count.',
    parameterRows(RULE_OPTIONS),
    '## Networks',
    'Written `NAME=VALUE,…`, in a fleet with `; NAME=VALUE` behind it for who has it. It stands between TCP and TLS of each connection to CAPF, TVS and the HTTPS file server; TFTP and plain HTTP go past it. A loss is a reset, because nothing below TCP is in reach; what is half-open is still acknowledged by the kernel. A phone without one has no such layer.',
    parameterRows(NETWORK_OPTIONS),
    parameterRows(GROUP_OPTIONS),
  ])
