export type { BootOrder } from './boot/boot.ts'
export { CAPF_REASONS, CAPF_RULES, type CapfDecision, type CapfFacts, type CapfReason } from './boot/capf-rules.ts'
export { BOOT_ERRORS, BootError, type BootErrorCode } from './boot/errors.ts'
export { BOOT_OPTIONS, type BootOptions, bootOptions } from './boot/options.ts'
export { BOOT_PHASES, type BootFailure, type BootPhase, type BootResult, type BootStep } from './boot/result.ts'
export { newSharedFiles, type SharedFiles } from './boot/shared-files.ts'
export { BOOT_EVENTS, BOOT_FILES, BOOT_STEPS, type BootEvent, type BootFile, type BootStepName, nextStep } from './boot/steps.ts'
export type { Contact } from './contact.ts'
export type { StartTimer, Timer } from './deadline.ts'
export { MOMENTS, type Moment } from './decision.ts'
export { type DecisionRow, decide } from './decision-table.ts'
export type { AuthMode, Credential, MadeKey, MakeKey } from './device.ts'
export type { Connect, ConnectTcp, Environment, LogEntry, Target, TrustCheck } from './environment.ts'
export { type FailureSide, PHONE_ERRORS, type PhoneErrorCode, type PhoneFailure } from './errors.ts'
export type { DisturbanceOrder } from './faults/disturbance.ts'
export { canCommit, FAULT_RANGE, type Fault, newFault, parseFault, sessionsOf } from './faults/fault.ts'
export { FAULT_NAMES, FAULTS, type FaultName } from './faults/faults.ts'
export { forgeWith } from './faults/forge.ts'
export { OUTCOMES, type Outcome } from './faults/outcome.ts'
export type { AnyFaultRow, FaultRow, Forge } from './faults/play.ts'
export { TRANSPORTS, type Transport } from './files/fetcher.ts'
export { type CachedAnswer, type Flash, type FlashContent, memoryFlash, type TvsMember, type TvsMemory } from './flash/flash.ts'
export { openFolderFlash } from './flash/folder.ts'
export { MODELS, type ModelName, modelledKeyMs, type PhoneModel, type TrustListKind } from './models.ts'
export { parseAssignments } from './network/assignments.ts'
export {
  conditionsOf,
  NETWORK_OPTIONS,
  NETWORK_RANGE,
  type NetworkConditions,
  type NetworkOptions,
  parseNetwork,
} from './network/conditions.ts'
export type { Network } from './network/connect.ts'
export { PHONE_OPTIONS, type PhoneOptions, phoneOptions } from './options.ts'
export { PHASES, type Phase } from './phases.ts'
export { type LscMenu, Phone } from './phone.ts'
export type { PhoneInit } from './phone-init.ts'
export { type Resolve, resolveBySystem } from './resolver.ts'
export type { ContactResult, MessageSeen, Operation, SessionResult } from './result.ts'
export { RULES } from './rules.ts'
export {
  CONSOLE_LEVELS,
  CONSOLE_LINES,
  CONSOLE_PROCESSES,
  type ConsoleCode,
  type ConsoleLevel,
  type ConsoleLine,
} from './screen/console-lines.ts'
export { formatStatusMessage, STATUS_MESSAGES, type StatusCode, type StatusMessage } from './screen/status-messages.ts'
export { createTlsProfile, type TlsProfile, type TlsProfileInit } from './tls-profile.ts'
export { CONFIG_RULES, type ConfigDecision, type ConfigFacts } from './trust/config-rules.ts'
export { LIST_RULES, type ListDecision, type ListFacts, type TvsFact } from './trust/list-rules.ts'
