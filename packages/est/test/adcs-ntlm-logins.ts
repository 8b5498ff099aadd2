import { authenticateMessage, negotiateMessage } from '../src/adcs/ntlm/client.ts'
import { type AuthenticateCheck, challengeMessage, checkAuthenticate, type ExtendedProtection } from '../src/adcs/ntlm/server.ts'

export const hex = (text: string) => Buffer.from(text.replace(/\s+/g, ''), 'hex')

export const SERVER_CHALLENGE = hex('0123456789abcdef')
export const CLIENT_CHALLENGE = Buffer.alloc(8, 0xaa)
// The value for the hash of a certificate, as the blog of Microsoft's open specifications has it (NTLM and Channel Binding Hash).
export const BINDING = hex('6586e99d81c2fc984e47172fd4dd0310')

/**
 * An exchange that another client has made (Chromium's test data of MS-NLMP 4.2.4): names, time, binding and integrity code of
 * that client, for the user and the password above.
 */
export const FOREIGN = {
  negotiate: hex('4e544c4d53535000 01000000 07820800 0000000020000000 0000000020000000'),
  challenge: hex(`4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
    060070170000000f 530065007200760065007200 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`),
  authenticate: hex(`4e544c4d53535000 03000000 1800180058000000 8a008a0070000000 0c000c00fa000000 0800080006010000
    100010000e010000 0000000058000000 03820800 0000000000000000 f7361633f0ad9bdf4a7c421bc6b824a3
    000000000000000000000000000000000000000000000000
    8c0260dbef690662af9c42d50782d2ed 0101000000000000 800bc8fd00d4d201 aaaaaaaaaaaaaaaa 00000000
    02000c0044006f006d00610069006e00 01000c00530065007200760065007200 0600040002000000 0a0010006586e99d81c2fc984e47172fd4dd0310
    0900160048005400540050002f00530065007200760065007200 00000000 00000000
    44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200`),
}

export const foreignCheck = (change: Partial<AuthenticateCheck> = {}): AuthenticateCheck => ({
  ...FOREIGN,
  passwordOf: ({ user, domain }) => (user === 'User' && domain === 'Domain' ? 'Password' : undefined),
  extendedProtection: 'require',
  channelBinding: BINDING,
  ...change,
})

const DOMAIN = {
  nbDomainName: 'TEST',
  nbComputerName: 'LAB-DC',
  dnsDomainName: 'test.example',
  dnsComputerName: 'lab-dc.test.example',
}

type Login = { userName: string; password: string; bound?: boolean; extendedProtection?: ExtendedProtection }

/** Both sides of one login. */
export const login = ({ userName, password, bound = true, extendedProtection = 'off' }: Login, wanted = password) => {
  const negotiate = negotiateMessage()
  const challenge = challengeMessage(negotiate, { domain: DOMAIN, serverChallenge: SERVER_CHALLENGE, now: Date.UTC(2026, 0, 1) })
  const authenticate = authenticateMessage({
    userName,
    password,
    negotiate,
    challenge,
    targetName: 'HTTP/lab-dc.test.example',
    ...(bound ? { channelBinding: BINDING } : {}),
    now: () => 0,
    randomBytes: size => Buffer.alloc(size, 7),
  })
  const verdict = checkAuthenticate({
    negotiate,
    challenge,
    authenticate,
    passwordOf: () => wanted,
    extendedProtection,
    channelBinding: BINDING,
  })
  return { negotiate, challenge, authenticate, verdict }
}
