import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportCommand } from '../../dist/cli/export.js'
import { reportHtml } from '../../dist/report/html.js'
import type { Review } from '../../dist/review/actions.js'
import { ReviewedRun } from '../../dist/review/reviewed-run.js'
import { serveReview } from '../../dist/review/serve.js'
import { Folder } from '../../dist/storage/folder.js'
import { describeWithChromium } from '../support/chromium.js'
import { pixel, reportData } from '../support/report-data.js'
import { storedRun } from '../support/stored-run.js'

const tracks = 1000
const suggested = 60
let parent: string
let run: string
/** Of a run of 1000 tracks; the later one of each suggested pair has the next number. */
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  run = await storedRun(join(parent, 'run'), {
    layout: 'shards',
    augment: 0,
    tracks: Array.from({ length: tracks }, () => [0, 0] as const),
  })
  await writeReport(run, tracks)
})
afterAll(() => rm(parent, { recursive: true }))

async function writeReport(root: string, count: number): Promise<void> {
  const { video, dataset_sha256: datasetSha256 } = JSON.parse(
    await readFile(join(root, 'manifest.json'), 'utf8'),
  )
  // As large as the pictures of players are.
  const large = pixel.replace(';', `;size=${'x'.repeat(2000)};`)
  const { tracks: reported, ...data } = reportData(count, {}, (_, __, kind) =>
    kind === 'before' ? large : pixel,
  )
  const changed = {
    ...data,
    video: { ...data.video, guid: video.video_guid },
    run: { ...data.run, datasetSha256 },
    pairs: Array.from({ length: Math.min(suggested, count >> 1) }, (_, i) => ({
      tracks: [2 * i + 1, 2 * i + 2] as const,
      similarity: 0.9,
      words: 'same kit colors',
    })),
  }
  for await (const piece of reportHtml(changed, reported)) await appendFile(join(root, 'report.html'), piece)
}

/** Presses keys one after another. */
const press = async (page: Page, keys: string) => {
  for (const key of keys.split(' ')) await page.keyboard.press(key === 'Space' ? ' ' : key)
}

describeWithChromium('the review in the report', browser => {
  /** In a browser without the File System Access API, which would open a window of the system. */
  const open = async (url: string, width = 1280) => {
    const context = await browser().newContext({ viewport: { width, height: 740 } })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', message => problems.push(message.text()))
    page.on('pageerror', error => problems.push(String(error)))
    await page.addInitScript('delete window.showSaveFilePicker')
    await page.goto(url)
    // Served, it first loads the review beside the run.
    if (url.startsWith('http')) await page.locator('#who > [inert]').first().waitFor({ state: 'detached' })
    return { page, problems }
  }
  const saved = async (page: Page, path: string): Promise<Review> => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save review.json' }).click()
    await (await download).saveAs(path)
    return JSON.parse(await readFile(path, 'utf8'))
  }

  test('50 merges by keyboard, of 1000 tracks, reach the export', async () => {
    // Otherwise what a person says in minutes would not be what the training gets.
    const { page, problems } = await open(pathToFileURL(join(run, 'report.html')).href)
    const group = page.locator('.pairing')
    await group.focus()
    // The first is said not to be one, the second is skipped, one answer is taken back.
    await press(page, `n s ${Array(48).fill('y').join(' ')} y u`)
    expect(await page.locator('.pairing h4').textContent()).toBe('Tracks 101 and 102, 90%')
    const grid = page.getByRole('listbox')
    await grid.focus()
    await press(page, 'End Space ArrowLeft Space m Home Space ArrowRight ArrowRight Space m')
    expect(await page.locator('.people [role="option"]').count()).toBeLessThan(150)
    const path = join(parent, 'review.json')
    const { actions } = await saved(page, path)
    expect(actions).toEqual([
      { different: ['1', '2'] },
      ...Array.from({ length: 48 }, (_, i) => ({ merge: [String(2 * i + 5), String(2 * i + 6)] })),
      { merge: ['999', '1000'] },
      { merge: ['1', '3'] },
    ])
    const out = join(parent, 'exported')
    await exportCommand([run, '--format', 'parquet', '--out', out, '--review', path, '--quiet'])
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(out, 'index.parquet')) })
    const identityOf = new Map(rows.map(row => [row.track_id, row.identity]))
    expect(new Set(identityOf.values()).size).toBe(tracks - 50)
    expect([6, 100, 1000, 3].filter(track => identityOf.has(track))).toEqual([])
    expect([1, 2, 4, 5, 101, 999].filter(track => !identityOf.has(track))).toEqual([])
    expect(problems).toEqual([])
    // 12 MB of pictures, of which those in view are in the memory of the page.
    const devTools = await page.context().newCDPSession(page)
    await devTools.send('HeapProfiler.collectGarbage')
    expect((await devTools.send('Runtime.getHeapUsage')).usedSize).toBeLessThan(15e6)
    // What was said is still there after a reload.
    await page.reload()
    expect(await page.locator('.pairing h4').textContent()).toContain('Tracks 3 and 4')
    await press(page, 'Tab')
    await group.focus()
    await press(page, 'ArrowLeft')
    expect(await page.locator('.pairing h4').textContent()).toContain('not the same')
    await page.context().close()
  })

  test('a track is split, dropped and named, a crop is dropped, and a saved review is loaded again', async () => {
    // Otherwise a track of two players, a referee or a bad crop could not be mended.
    const root = await storedRun(join(parent, 'small'), {
      tracks: [
        [0, 9],
        [0, 9],
        [0, 9],
        [0, 9],
      ],
    })
    await writeReport(root, 4)
    const url = pathToFileURL(join(root, 'report.html')).href
    const { page, problems } = await open(url)
    const frames = reportData(4).tracks[1]?.pictures.map(({ frame }) => frame) ?? []
    await page.getByRole('listbox').focus()
    await press(page, 'ArrowRight Enter ArrowRight ArrowRight p ArrowRight x')
    const state = page.locator('.crop.active .state')
    expect(await state.textContent()).toBe('crop dropped')
    // A second press restores it.
    await press(page, 'x')
    expect(await state.textContent()).toBe('')
    await press(page, 'x')
    expect(await page.getByRole('dialog').locator('h2').textContent()).toBe('Track 2: 2 people')
    await press(page, 'Escape')
    await press(page, 'End x Home e')
    await page.getByLabel('Team').fill(' blue ')
    await page.getByLabel('Number').fill('10')
    await page.keyboard.press('Enter')
    expect(await page.locator('.people .active').textContent()).toContain('blue 10')
    const path = join(parent, 'small.json')
    const { actions } = await saved(page, path)
    expect(actions).toEqual([
      { split: 2, frame: frames[2] },
      ...['dropCrop', 'keepCrop', 'dropCrop'].map(action => ({ [action]: 2, frame: frames[3] })),
      { drop: `2@${frames[2]}` },
      { name: '1', team: 'blue', number: '10' },
    ])
    const other = await open(url)
    await other.page.setInputFiles('#load-review', path)
    await expect.poll(() => other.page.locator('#who output').textContent()).toContain('6 decisions')
    await other.page.setInputFiles('#load-review', join(parent, 'review.json'))
    await expect.poll(() => other.page.locator('#who output').textContent()).toContain('of another run')
    expect([...problems, ...other.problems]).toEqual([])
    for (const one of [page, other.page]) await one.context().close()
  })

  test('served, a track shows all of its crops, and the review is written beside the run', async () => {
    // Otherwise a track could be split only at the few pictures of the report.
    const root = join(parent, 'small', 'run_1', 'video_00000000-0000-5000-8000-000000000001')
    await using server = await serveReview(await ReviewedRun.open(Folder.at(root)))
    const { page, problems } = await open(server.url)
    await page.getByRole('listbox').focus()
    await press(page, 'Enter')
    const crops = page.getByRole('dialog').locator('.crop')
    // Nine of ten seconds, five crops each: one second is in neither side.
    await expect.poll(() => crops.count()).toBe(45)
    await expect
      .poll(() =>
        crops
          .first()
          .locator('img')
          .evaluate(image => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(16)
    await press(page, 'ArrowRight ArrowRight p Escape')
    // Each decision is saved as it is made: the next start of the server is another site to the browser.
    const actions = async () => {
      const text = await readFile(join(root, 'review.json'), 'utf8').catch(() => '{}')
      return JSON.parse(text).actions
    }
    await expect.poll(actions).toEqual([{ split: 1, frame: 10 }])
    // Another browser continues from the file.
    const other = await open(server.url)
    await expect.poll(() => other.page.locator('#who output').textContent()).toContain('1 decision')
    expect(problems).toEqual([])
    for (const one of [page, other.page]) await one.context().close()
  })

  test('on a phone, all keys are buttons and nothing is wider than the screen', async () => {
    // Otherwise a review on the way home would not be possible.
    const root = join(parent, 'small', 'run_1', 'video_00000000-0000-5000-8000-000000000001')
    const { page } = await open(pathToFileURL(join(root, 'report.html')).href, 360)
    // A track with fewer pictures than the other one shows them at the same size.
    await page.evaluate("document.querySelector('.faces img').remove()")
    const widths = await page
      .locator('.faces img')
      .evaluateAll(images => images.map(image => (image as unknown as { clientWidth: number }).clientWidth))
    expect(new Set(widths).size).toBe(1)
    await page.getByRole('button', { name: /^Same/ }).click()
    expect(await page.locator('.people').getAttribute('aria-multiselectable')).toBe('true')
    await page.locator('.people [role="option"]').nth(2).click()
    await page.getByRole('button', { name: /^Split or drop crops/ }).click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    const dialog = page.getByRole('dialog')
    expect(
      await dialog.evaluate(node => (node as unknown as { scrollWidth: number }).scrollWidth),
    ).toBeLessThanOrEqual(360)
    await dialog.locator('.crop').nth(1).click()
    await dialog.getByRole('button', { name: /^Someone else/ }).click()
    expect(await page.locator('#who output').textContent()).toContain('2 decisions')
    await page.context().close()
  })
})
