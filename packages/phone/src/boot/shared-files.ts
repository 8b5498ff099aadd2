import { type PhoneConfig, parseConfig } from '@capfkit/codec/config'
import { SharedContent, TrustedList } from '../trust/trusted-list.ts'

/** What phones of one process have in common: trust lists and configurations are read once, however many phones get them. */
export type SharedFiles = {
  readonly lists: SharedContent<TrustedList>
  readonly configs: SharedContent<PhoneConfig>
}

/** For many phones of a few clusters; a phone on its own makes one for itself. */
export const newSharedFiles = ({ maxLists = 64, maxConfigs = 256 } = {}): SharedFiles => ({
  lists: new SharedContent({ make: bytes => new TrustedList(bytes), maxEntries: maxLists }),
  configs: new SharedContent({ make: parseConfig, maxEntries: maxConfigs }),
})
