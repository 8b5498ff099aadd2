import type { AnyCommand } from '../command.ts'
import { decrypt } from '../config/decrypt.ts'
import { encrypt } from '../config/encrypt.ts'
import { sign } from '../config/sign.ts'
import { verify } from '../config/verify.ts'

export const commands: readonly AnyCommand[] = [sign, verify, encrypt, decrypt]
