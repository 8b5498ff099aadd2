import { flag, type OptionsOf, optionalText, textList } from '@capfkit/codec/options'
import { BOOT_OPTIONS, PHONE_OPTIONS } from '@capfkit/phone'
import { JSON_OPTION } from '../command.ts'
import { PHONE_IDENTITY_OPTIONS } from './options.ts'

/** What only the command has, beside the options of the boot and of the phone. */
const PLACE_OPTIONS = {
  tftp: optionalText({ doc: 'The file server, name or address: what DHCP option 150 says. Required.' }),
  state: optionalText({
    doc: 'Folder for what the phone keeps between boots: trust lists, LSC and its key, what TVS said. It is made when missing; without it everything is forgotten.',
  }),
  erase: flag({
    default: false,
    doc: 'Erase the trust lists of the phone first, and what TVS said: the next list is taken on faith. The LSC stays.',
  }),
  hosts: textList({ doc: 'NAME=ADDRESS: a name that is not looked up by DNS; several times for several.' }),
  console: optionalText({ doc: 'File for the console of the phone, in the form of a real one; - is stderr.' }),
} as const

export const BOOT_COMMAND_OPTIONS = {
  ...PLACE_OPTIONS,
  ...PHONE_IDENTITY_OPTIONS,
  ...BOOT_OPTIONS,
  ...PHONE_OPTIONS,
  ...JSON_OPTION,
} as const
export type BootCommandOptions = OptionsOf<typeof BOOT_COMMAND_OPTIONS>
