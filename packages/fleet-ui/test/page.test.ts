import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { FleetUi } from '../src/index.ts'
import { skipsBrowser, startBrowser } from './browser.ts'
import { HOSTILE, PretendedControl, pretendedPhones, snapshotAt } from './pretended-run.ts'

t.test('the live page in a browser', skipsBrowser(), async t => {
  const control = new PretendedControl()
  await using ui = await FleetUi.start({ host: '127.0.0.1', port: 0, control, phones: pretendedPhones })
  for (let second = 0; second < 70; second++) ui.show(snapshotAt(second))
  const browser = await startBrowser()
  t.teardown(() => browser.close())

  /** Opens the page for a test, and looks afterwards whether anything went wrong in it. */
  const onPage = (
    claim: string,
    check: (t: Test, page: Page) => Promise<void>,
    { hasToken = true, width = 1280, dark = false } = {},
  ) =>
    t.test(claim, async t => {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light' })
      const wrong: string[] = []
      page.on('pageerror', error => wrong.push(error.message))
      page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text())
      })
      page.on('dialog', dialog => {
        wrong.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      const elsewhere: string[] = []
      page.on('request', request => {
        if (!request.url().startsWith(new URL(ui.url).origin)) elsewhere.push(request.url())
      })
      try {
        await page.goto(hasToken ? ui.url : ui.url.replace(/#.*/, ''))
        await page.locator('#state.running').waitFor()
        await check(t, page)
        t.strictSame({ wrong, elsewhere }, { wrong: [], elsewhere: [] }, 'nothing went wrong, and nobody else was asked')
      } finally {
        await page.close()
      }
    })

  await onPage('shows the run and follows it', async (t, page) => {
    t.equal(await page.locator('#stage').textContent(), 'reboot storm')
    t.match(await page.locator('#about').textContent(), /phase 2 of 3, 50,000 phones, 192\.0\.2\.1:3804, seed 42/)
    t.equal(await page.locator('#clock').textContent(), '1:09')
    t.equal(await page.locator('.chart canvas').count(), 4)
    const done = page.locator('.tile', { hasText: 'done' }).locator('b')
    t.equal(await done.textContent(), '78,980')
    ui.show(snapshotAt(70))
    await page.getByText('79,400').waitFor()
    t.equal(await page.locator('#clock').textContent(), '1:10')
    t.match(await page.title(), /running: reboot storm/)
  })

  await onPage('charts have the whole run, also for who comes late', async (t, page) => {
    const chart = page.locator('.chart', { hasText: 'Rate' })
    const box = (await chart.locator('.u-over').boundingBox())!
    await page.mouse.move(box.x + 3, box.y + 20)
    await chart.locator('.u-legend', { hasText: /time\s*0:0[01]/ }).waitFor()
    t.match(await chart.locator('.u-legend').textContent(), /done\s*4\d\d\/s/)
  })

  await onPage('what came over a wire is text, whatever it says', async (t, page) => {
    await page.locator('table', { hasText: 'reason' }).getByText(HOSTILE).waitFor()
    await page.locator('.recent button', { hasText: HOSTILE }).click()
    await page.locator('.operation .bad', { hasText: 'PHONE_ENDED_BY_SERVER' }).waitFor()
    t.equal(await page.locator('.device').textContent(), HOSTILE)
    await page.locator('summary', { hasText: 'AUTH_RESPONSE' }).click()
    t.equal(await page.locator('dd', { hasText: HOSTILE }).last().textContent(), HOSTILE)
    t.equal(await page.locator('body script, img').count(), 0, 'no element was made of it')
  })

  await onPage('a phone is found by its name, with the times of its operations', async (t, page) => {
    await page.locator('#phone-name').fill('SEP020000000017')
    await page.locator('#phone-name').press('Enter')
    await page.locator('.operation').nth(1).waitFor()
    t.match(await page.locator('.operation').first().textContent(), /reboot storm: install done.*took 88 ms.*tls 24 ms/)
    t.match(await page.locator('#timeline').textContent(), /2 operations from the last operations that are kept in memory/)
  })

  await onPage('the buttons steer the run, and the address bar does not keep the token', async (t, page) => {
    t.notMatch(page.url(), /token/)
    const click = async (selector: string, state: object) => {
      const answered = page.waitForResponse(response => response.url().endsWith('/api/control'))
      await page.locator(selector).click()
      t.equal((await answered).status(), 200)
      t.match(control.state, state, selector)
      ui.show(snapshotAt(71, control.state))
    }
    await click('#pause', { paused: true })
    await page.locator('#state.paused').waitFor()
    await page.getByText('Resume').waitFor()
    await click('#pause', { paused: false })
    await page.locator('#state.running').waitFor()
    await click('#faster', { factor: 1.1 })
    await page.getByText('×1.1').waitFor()
    await click('#speed', { factor: 1 })
    await page.reload()
    await page.locator('#state.running').waitFor()
    await page.locator('#drain').click()
    t.notOk(control.state.draining, 'what cannot be taken back is asked for twice')
    await click('#drain', { draining: true })
    await page.locator('#state.draining').waitFor()
    control.state = new PretendedControl().state
    ui.show(snapshotAt(72))
  })

  await onPage(
    'without the token there is nothing to press',
    async (t, page) => {
      t.equal(await page.locator('header button').count(), 0)
      t.match(await page.locator('#read-only').textContent(), /read only/)
    },
    { hasToken: false },
  )

  await onPage(
    'on a small and dark screen nothing leaves its place',
    async (t, page) => {
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
      t.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(17, 22, 29)')
    },
    { width: 380, dark: true },
  )
})
