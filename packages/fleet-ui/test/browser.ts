import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const found = (process.env.PATH ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'chromium'))
  .find(existsSync)

/** Where the tests must run, a browser that is not there is a failure; elsewhere a line that nobody overlooks. */
export const skipsBrowser = (): { skip: string } | Record<never, never> => {
  if (found !== undefined) return {}
  if (process.env.CI === 'true') throw new Error('there is no chromium on the PATH: install it (Debian: apt-get install chromium)')
  return { skip: 'NOT TESTED: the live page. There is no chromium on the PATH' }
}

/** Chromium of the system. Root, as in a container, has no sandbox. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(found === undefined ? {} : { executablePath: found }),
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-dev-shm-usage'],
  })
