import type { DistinguishedName } from '@capfkit/pki'

/** `/DC=com/DC=example/CN=ca`, as OpenSSL writes a name into one line. */
export const slashName = (name: DistinguishedName): string => name.map(({ type, value }) => `/${type}=${value}`).join('')
