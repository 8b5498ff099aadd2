import type { PhoneConfig } from '@capfkit/codec/config'
import type { Contact } from '../contact.ts'
import type { Device } from '../device.ts'
import type { Environment } from '../environment.ts'
import type { PhoneErrorCode } from '../errors.ts'
import type { Fetcher } from '../files/fetcher.ts'
import type { Flash } from '../flash/flash.ts'
import type { ContactResult } from '../result.ts'
import type { ConsoleLog } from '../screen/console-lines.ts'
import type { StatusPage } from '../screen/status-page.ts'
import type { HeldLists } from '../trust/held-lists.ts'
import type { TvsClient } from '../tvs/tvs-client.ts'
import type { CapfReason } from './capf-rules.ts'
import type { BootErrorCode } from './errors.ts'
import type { BootOptions } from './options.ts'
import type { BootRecord } from './record.ts'
import type { SharedFiles } from './shared-files.ts'
import type { BootEvent } from './steps.ts'

/** What a boot needs of the phone that boots. */
export type BootingPhone = {
  readonly device: Device
  readonly environment: Environment
  readonly console: ConsoleLog
  readonly page: StatusPage
  /** The address of a name; shows the user when there is none. @throws when there is none. */
  readonly resolve: (host: string, signal: AbortSignal | undefined) => Promise<string>
  readonly configure: (change: { authMode?: Device['authMode']; trusted?: Environment['trusted'] }) => void
  readonly contactCapf: (contact: Contact) => Promise<ContactResult>
}

/** Everything that the steps of one boot share. */
export type BootContext = {
  readonly phone: BootingPhone
  readonly options: BootOptions
  readonly flash: Flash
  readonly shared: SharedFiles
  readonly signal: AbortSignal | undefined
  readonly localAddress: string | undefined
  readonly record: BootRecord
  readonly lists: HeldLists
  readonly tvs: TvsClient
  /** As `phone.resolve`, with its time counted. */
  readonly resolve: BootingPhone['resolve']
  readonly server: string
  /** There once the address of the file server is known. */
  fetcher: Pick<Fetcher, 'get'> | undefined
  /** What the phone goes by; changes as files are taken. */
  config: PhoneConfig | undefined
  isLocked: boolean
  capfReason: CapfReason | undefined
  capf: ContactResult | undefined
}

/** What a step came to. A trouble is told in the result; whether the boot goes on is for the table of steps to say. */
export type StepOutcome = {
  readonly event: BootEvent
  readonly file?: string
  readonly transport?: 'HTTPS' | 'HTTP' | 'TFTP'
  readonly bytes?: number
  readonly trouble?: { readonly code: BootErrorCode | PhoneErrorCode; readonly detail: string }
}
