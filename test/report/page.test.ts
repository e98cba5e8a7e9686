import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { printable } from '../../dist/common/printable.js'
import type { ReportData } from '../../dist/report/data.js'
import { reportHtml } from '../../dist/report/html.js'
import { describeWithChromium } from '../support/chromium.js'
import { emptyReport, pixel, reportData } from '../support/report-data.js'

const folder = mkdtempSync(join(tmpdir(), 'cropstream-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeWithChromium('the page of the report', browser => {
  let opened: Opened
  beforeAll(async () => {
    opened = await open(browser())
  })
  const show = async ({ tracks, ...data }: ReportData, width = 1280) => {
    const { page, messages, requests } = opened
    const path = join(folder, 'report.html')
    writeFileSync(path, '')
    for await (const piece of reportHtml(data, tracks)) appendFileSync(path, piece)
    await page.setViewportSize({ width, height: 740 })
    // Leave the last page first: the same URL with another #fragment would not be reloaded.
    await page.goto('about:blank')
    messages.length = 0
    requests.length = 0
    await page.goto(pathToFileURL(path).href)
    return page
  }

  // Without this, a plot that throws, or a style forbidden by the policy, would go unnoticed.
  test.each([
    ['a run', reportData()],
    ['a run that found nothing', emptyReport()],
    ['one track, one stretch, one bin', smallest()],
  ])('opens without console messages and without network requests: %s', async (_, data) => {
    const page = await show(data)
    await reveal(page)
    expect(opened.messages).toEqual([])
    expect(opened.requests).toEqual([page.url()])
    expect(await page.locator('h1').textContent()).toBe('match.mp4')
  })

  // Without this, charts could be empty.
  test('every chart has a mark per value', async () => {
    const data = reportData()
    const page = await show(data)
    await reveal(page)
    const marks = (chart: string, mark: string) =>
      page.locator(`[data-chart="${chart}"] [aria-label="${mark}"]`).locator('rect, path, text').count()
    expect(await marks('funnel', 'bar')).toBe(data.funnel.length)
    expect(await marks('drops', 'bar')).toBe(data.drops.length)
    expect(await marks('detections', 'line')).toBe(2)
    expect(await marks('histogram', 'rect')).toBe(
      data.histograms.flatMap(histogram => histogram.counts).length,
    )
    expect(await marks('lanes', 'bar')).toBe(data.tracks.flatMap(track => track.lanes).length)
    expect(await marks('lanes', 'text')).toBe(data.tracks.length)
    for (const measure of ['frames', 'images', 'busy', 'memory']) {
      expect(await marks(`run-${measure}`, 'line')).toBe(1)
      // Four bottlenecks, each as a band and again along the top.
      expect(await marks(`run-${measure}`, 'rect')).toBe(8)
    }
    expect(await page.locator('#steps tbody tr').count()).toBe(data.steps.length)
    expect(await page.locator('.options.changed').textContent()).toBe('--split-period6')
  })

  // Without this, a player who was seen once, or the gap of a short split, would be missing in the lanes.
  test('a single sighting is visible in its lane', async () => {
    const [track] = reportData(1).tracks
    const lanes = [{ from: 5, to: 5, side: 'gap' as const }]
    const page = await show(reportData(1, { tracks: [{ ...track!, lanes }] }))
    await reveal(page)
    const bar = page.locator('[data-chart="lanes"] [aria-label="bar"] rect')
    expect((await bar.boundingBox())?.width).toBeGreaterThanOrEqual(2)
  })

  // Without this, a user could miss leakage between the sides.
  test('a failed check of the audit is shown at the top, and comes first', async () => {
    const failed = { name: 'No player stands on both sides', ok: false, detail: 'Track 7 does.' }
    const page = await show(reportData(3, { leakage: [...reportData(3).leakage, failed] }))
    expect(await page.locator('.summary').textContent()).toContain('1 leakage check failed')
    expect(await page.locator('#leakage li').first().textContent()).toContain('Track 7 does.')
  })

  // Without this, lanes and sheets could show different tracks, and invalid input would empty the page.
  test('the filter applies to lanes and contact sheets, and sorts them', async () => {
    const page = await show(reportData())
    await reveal(page)
    const sheets = page.locator('.sheet h4')
    const lanes = page.locator('[data-chart="lanes"] a.label')
    const ids = page.getByRole('textbox', { name: 'Tracks' })
    const shown = async () => {
      expect((await lanes.allTextContents()).map(label => label.replace('#', 'Track '))).toEqual(
        await sheets.allTextContents(),
      )
      return sheets.allTextContents()
    }
    await ids.fill('7')
    expect(await shown()).toEqual(['Track 7'])
    await ids.fill('3-5, 8')
    expect(await shown()).toEqual(['Track 3', 'Track 4', 'Track 5', 'Track 8'])
    await page.getByLabel('Order').selectOption('confidence')
    expect(await shown()).toEqual(['Track 5', 'Track 4', 'Track 3', 'Track 8'])
    await ids.fill('everybody')
    expect(await shown()).toHaveLength(4)
    expect(await page.locator('#filter-result').textContent()).toContain('Expected numbers of tracks')
    await ids.fill('1-3')
    await page.getByLabel('Side').selectOption('val')
    expect(await shown()).not.toContain('Track 1')
    await page.getByRole('button', { name: 'Show all' }).click()
    // A form resets its fields after the event.
    await expect.poll(() => sheets.count()).toBe(25)
    expect(await shown()).toHaveLength(25)
    await page.getByLabel('Sightings, at least').fill('460')
    expect(await page.locator('#filter-result').textContent()).toBe('2 of 25 tracks')
    await ids.fill('99')
    expect(await shown()).toEqual([])
  })

  // Without this, tracks of one player would have to be found among all contact sheets.
  test('tracks that may be one player are side by side, with one tab stop for all pairs', async () => {
    const data = reportData()
    const page = await show(data)
    await page.locator('#pairs').scrollIntoViewIfNeeded()
    const all = page.locator('#pairs li')
    expect(await all.count()).toBe(data.pairs?.length)
    expect(
      await page.locator('#pairs').locator('a, button').and(page.locator('[tabindex="0"]')).count(),
    ).toBe(1)
    await page.locator('#pairs li a').first().focus()
    for (const _ of ['second link', 'pictures']) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    expect(await dialog.locator('h2').textContent()).toBe('Tracks 1 and 3')
    expect(await dialog.locator('img').count()).toBe(4)
    await page.keyboard.press('ArrowRight')
    expect(await dialog.locator('h2').textContent()).toBe('Tracks 2 and 4')
    await page.keyboard.press('Escape')
    await page.locator('#pairs').getByRole('link', { name: 'Track 3' }).first().click()
    await expect.poll(() => page.url()).toMatch(/#track-3$/)
  })

  // Without this, a run from crops would seem to have found no alike tracks.
  test('where tracks were not compared, the page says so', async () => {
    const { pairs: _, ...data } = reportData()
    const page = await show(data)
    expect(await page.locator('#pairs').textContent()).toContain('Not compared: this run started from crops')
    await show({ ...data, pairs: [] })
    expect(await page.locator('#pairs').textContent()).toContain('No two tracks are alike enough')
  })

  // Without this, a user would have to search for the pictures of a suspicious lane.
  test('a lane links to its contact sheet, for keyboard and mouse', async () => {
    const page = await show(reportData())
    await reveal(page)
    const labels = page.locator('[data-chart="lanes"] a.label')
    await labels.first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toMatch(/#track-3$/)
    await page.locator('[data-chart="lanes"] a[*|href="#track-7"]:not(.label)').first().click()
    await expect.poll(() => page.url()).toMatch(/#track-7$/)
  })

  // Without this, pictures could be viewed only as thumbnails, or only with a mouse.
  test('a thumbnail opens large; arrow keys go to the next track, Esc restores the focus', async () => {
    const page = await show(reportData(2))
    const thumbnails = page.locator('.moment')
    const dialog = page.getByRole('dialog')
    await page.locator('.moments').first().scrollIntoViewIfNeeded()
    await thumbnails.nth(5).click()
    expect(await dialog.textContent()).toContain('6 of 12')
    expect(await dialog.getByRole('heading').textContent()).toBe('Track 1')
    expect(await dialog.locator('figcaption').allTextContents()).toEqual([
      'before',
      'after',
      'variant 1',
      'variant 2',
      'variant 3',
    ])
    await page.keyboard.press('ArrowRight')
    expect(await dialog.getByRole('heading').textContent()).toBe('Track 2')
    await page.keyboard.press('ArrowLeft')
    expect(await dialog.getByRole('heading').textContent()).toBe('Track 1')
    await page.keyboard.press('Escape')
    expect(await dialog.isVisible()).toBe(false)
    expect(await page.evaluate('document.activeElement.className')).toContain('moment')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    expect(await dialog.textContent()).toContain('1 of 12')
  })

  // Without this, a user could not see that a wrong surface drops players.
  test('the surface is shown over sample frames, beside those who were dropped for it', async () => {
    const page = await show(reportData(1))
    const section = page.locator('#surface')
    expect(await section.locator('.legend li').allTextContents()).toEqual([
      ...['surface around the court', 'court'],
      ...['box: on the court', 'box: around the court', 'box: off the surface'],
    ])
    expect(await section.locator('figcaption').first().textContent()).toBe(
      '13 on the court, 8 around it, 12 off the surface',
    )
    expect(await section.locator('h3').allTextContents()).toEqual(['Off pitch'])
    expect(await page.locator('#drops h3').allTextContents()).not.toContain('Off pitch')
    expect(await page.locator('#drops a[href="#surface"]').count()).toBe(1)
    await section.getByRole('button', { name: 'Sample frame 2' }).click()
    expect(await page.getByRole('dialog').locator('figcaption').allTextContents()).toEqual([
      'surface',
      'frame',
    ])
  })

  // Without this, a user would look in vain for why everyone was kept.
  test('where no surface was found, the frames are shown with the reason', async () => {
    const sentences = ['No playing surface was found: no color dominates.']
    const none = { sentences, colors: [], told: false, frames: [{ plain: pixel }], filters: [] }
    const page = await show(reportData(1, { surface: none }))
    expect(await page.locator('#surface').textContent()).toContain(sentences[0])
    expect(await page.locator('#surface .frames img').count()).toBe(1)
    expect(await page.locator('#surface .legend').count()).toBe(0)
  })

  // Without this, the first line of the review would say "1 people in 1 tracks".
  test('one track is one person', async () => {
    const page = await show(reportData(1))
    expect(await page.locator('#who output').textContent()).toBe('0 decisions: 1 person in 1 track.')
  })

  // Without this, the page would need horizontal scrolling on a phone.
  test('nothing is wider than a phone', async () => {
    const long = 'a_name_without_any_place_to_break_'.repeat(6)
    const { video, run } = reportData()
    const page = await show(
      reportData(25, { video: { ...video, name: long }, run: { ...run, warnings: [long] } }),
      360,
    )
    await reveal(page)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.locator('.moment').first().click()
    expect(await page.evaluate('document.querySelector("dialog[open]").scrollWidth')).toBeLessThanOrEqual(360)
  })

  // Without this, dark mode could be unreadable, or bright.
  test('dark mode is dark, and light mode light', async () => {
    const background = 'getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)'
    const page = await show(reportData(1))
    await page.emulateMedia({ colorScheme: 'light' })
    expect(Math.min(...(await page.evaluate<number[]>(background)))).toBeGreaterThan(200)
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(Math.max(...(await page.evaluate<number[]>(background)))).toBeLessThan(60)
  })

  // Without this, a long game would create 15,000 pictures, at once or while one scrolls, and the page would hang.
  test('500 tracks create only the visible pictures, and lanes of bounded height', async () => {
    const page = await show(reportData(500))
    expect(await page.locator('.sheet').count()).toBe(500)
    expect(await page.locator('img').count()).toBeLessThan(100)
    await page.locator('.lanes').scrollIntoViewIfNeeded()
    await page.locator('[data-chart="lanes"] a.label').nth(499).waitFor()
    expect((await page.locator('.lanes').boundingBox())?.height).toBeLessThan(500)
    await page.locator('#track-250').scrollIntoViewIfNeeded()
    await page.locator('#track-250 .moment').first().waitFor()
    expect(await page.locator('img').count()).toBeLessThan(1000)
    await page.locator('h1').scrollIntoViewIfNeeded()
    await expect.poll(() => page.locator('#track-250 img').count()).toBe(0)
    expect(opened.messages).toEqual([])
  })

  // Without this, the name of a video could run a script in the browser of a reader.
  test('hostile names are text', async () => {
    const hostile = '</script><img src=x onerror="document.title=1"><!--<script>\u2028&amp;"'
    const { video, run, drops, options } = reportData(1)
    const page = await show(
      reportData(1, {
        video: { ...video, name: hostile },
        run: { ...run, root: hostile, warnings: [hostile] },
        options: options.map(option => ({ ...option, value: hostile })),
        funnel: [{ label: hostile, count: 1, note: hostile }],
        drops: drops.map(drop => ({ ...drop, reason: hostile })),
        bottleneck: hostile,
      }),
    )
    await reveal(page)
    expect(await page.locator('h1').textContent()).toBe(printable(hostile))
    expect(await page.title()).toContain('onerror')
    expect(await page.locator('img:not([src^="data:"])').count()).toBe(0)
    expect(opened.messages).toEqual([])
    expect(opened.requests).toEqual([page.url()])
  })
})

interface Opened {
  readonly page: Page
  /** Console messages and uncaught errors. */
  readonly messages: string[]
  /** All requested URLs, without embedded pictures. */
  readonly requests: string[]
}

async function open(browser: Browser): Promise<Opened> {
  const page = await browser.newPage()
  const messages: string[] = []
  const requests: string[] = []
  page.on('console', message => messages.push(message.text()))
  page.on('pageerror', error => messages.push(String(error)))
  page.on('request', request => {
    if (!request.url().startsWith('data:')) requests.push(request.url())
  })
  return { page, messages, requests }
}

/** Scrolls through the page: lanes and pictures are created near the viewport. */
async function reveal(page: Page): Promise<void> {
  const parts = page.locator('.lanes, .example .row, .moments')
  for (const part of (await parts.all()).slice(0, 6)) await part.scrollIntoViewIfNeeded()
  if (await page.locator('.lanes').count()) await page.locator('[data-chart="lanes"] svg').waitFor()
}

function smallest(): ReportData {
  const { timeline, detections, histograms } = reportData(1)
  return reportData(1, {
    timeline: timeline.slice(0, 1),
    detections: detections.slice(0, 1),
    histograms: histograms.map(histogram => ({ ...histogram, from: 5, to: 5, counts: [3] })),
    drops: [],
  })
}
