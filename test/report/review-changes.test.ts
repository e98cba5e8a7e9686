import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportHtml } from '../../dist/report/html.js'
import type { ReviewAction } from '../../dist/review/actions.js'
import { ReviewedRun } from '../../dist/review/reviewed-run.js'
import { serveReview } from '../../dist/review/serve.js'
import { Folder } from '../../dist/storage/folder.js'
import { describeWithChromium } from '../support/chromium.js'
import { reportData } from '../support/report-data.js'
import { storedRun } from '../support/stored-run.js'

let parent: string
let run: string
/** Of a run of eight tracks; 1 is seen from 13 to 33 s, 2 from 26 s on, 3 from 39 s on. */
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  run = await storedRun(join(parent, 'run'), { tracks: Array(8).fill([0, 0]) })
  const { video, dataset_sha256 } = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'))
  const { tracks, ...data } = reportData(8)
  const pair = (a: number, b: number) => ({ tracks: [a, b] as const, similarity: 0.9, words: 'same kit' })
  const changed = {
    ...data,
    video: { ...data.video, guid: video.video_guid },
    run: { ...data.run, datasetSha256: dataset_sha256 },
    pairs: [pair(1, 2), pair(2, 3), pair(5, 6)],
  }
  const pieces: string[] = []
  for await (const piece of reportHtml(changed, tracks)) pieces.push(piece)
  await writeFile(join(run, 'report.html'), pieces.join(''))
})
afterAll(() => rm(parent, { recursive: true }))

const press = async (page: Page, keys: string) => {
  for (const key of keys.split(' ')) await page.keyboard.press(key === 'Space' ? ' ' : key)
}
const said = (page: Page) => page.locator('#who output').textContent()
const pairTitle = (page: Page) => page.locator('.pairing h4').textContent()
const tile = (page: Page, track: number) => page.locator(`[id="piece-${track}"]`)

describeWithChromium('decisions of a review that are changed', browser => {
  /** One browser profile for each test. */
  const profile = () => browser().newContext({ viewport: { width: 1280, height: 740 } })
  const open = async (context: BrowserContext, url = pathToFileURL(join(run, 'report.html')).href) => {
    const page = await context.newPage()
    await page.addInitScript('delete window.showSaveFilePicker')
    await page.goto(url)
    // Served, it first loads the review beside the run.
    if (url.startsWith('http')) await page.locator('#who > [inert]').first().waitFor({ state: 'detached' })
    return page
  }
  const savedActions = async (page: Page): Promise<ReviewAction[]> => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save review.json' }).click()
    const path = join(parent, 'saved.json')
    await (await download).saveAs(path)
    return JSON.parse(await readFile(path, 'utf8')).actions
  }

  test('who was merged with a track goes with the part that it is nearer to, or where a person puts it', async () => {
    // Otherwise a split would leave the second half of a player with the player before, and undo would take back half of it.
    await using context = await profile()
    const page = await open(context)
    const grid = page.getByRole('listbox')
    await grid.focus()
    await press(page, 'Space ArrowRight Space ArrowRight Space m')
    expect(await page.locator('.people .merged').allTextContents()).toEqual([
      'Track 1, person 1, 1 of 3',
      'Track 2, person 1, 2 of 3',
      'Track 3, person 1, 3 of 3',
    ])
    expect(await page.locator('.people .merged.first, .people .merged.last').count()).toBe(2)
    await press(page, 'Home Enter ArrowRight ArrowRight p')
    const frame = reportData(1).tracks[0]?.pictures[2]?.frame
    expect(await page.getByRole('dialog').getByRole('status').textContent()).toContain('track 2 and track 3')
    await press(page, 'u')
    expect(await page.getByRole('dialog').locator('h2').textContent()).toBe('Track 1: one person')
    // Said twice, it is still one decision.
    await press(page, 'p p Escape')
    expect(await tile(page, 1).getAttribute('class')).not.toContain('merged')
    // By hand: track 2 goes back to the first part.
    await tile(page, 2).click()
    await press(page, 't')
    await tile(page, 1).click()
    await tile(page, 2).click()
    await press(page, 'm')
    expect(await tile(page, 2).textContent()).toBe('Track 2, person 1, 2 of 2')
    expect(await savedActions(page)).toEqual([
      { merge: ['1', '2'] },
      { merge: ['1', '3'], also: true },
      { split: 1, frame },
      { separate: [`1@${frame}`, '2', '3'], also: true },
      { separate: ['2'] },
      { merge: ['1', '2'] },
    ])
    // Read from the file, they are still four decisions.
    await page.setInputFiles('#load-review', join(parent, 'saved.json'))
    await expect.poll(() => said(page)).toContain('4 decisions: 7 people')
    await page.getByRole('listbox').focus()
    await press(page, 'u u u')
    expect(await page.locator('.people .merged').count()).toBe(3)
    await press(page, 'u')
    expect(await savedActions(page)).toEqual([])
  })

  test('an answer is found in the list of pairs and changed, and a loaded review shows the first open pair', async () => {
    // Otherwise a wrong answer could be corrected only by taking back all that came after it.
    await using context = await profile()
    const page = await open(context)
    const group = page.locator('.pairing')
    await group.focus()
    await press(page, 'y y n')
    expect(await said(page)).toBe('All suggested pairs are decided.')
    const list = page.getByLabel('Pair', { exact: true })
    expect(await list.locator('option').allTextContents()).toEqual([
      '1: 1 and 2, 90%, same',
      '2: 2 and 3, 90%, same',
      '3: 5 and 6, 90%, not the same',
    ])
    await list.selectOption('0')
    await group.focus()
    await press(page, 'n')
    expect(await pairTitle(page)).toContain('not the same')
    // Track 3 is later than the cut: it stays with track 2.
    expect(await said(page)).toContain('With track 2 went what begins later: track 3.')
    expect(await tile(page, 3).textContent()).toBe('Track 3, person 2, 2 of 2')
    await tile(page, 3).click()
    await press(page, 'x')
    expect(await said(page)).toBe('Dropped 2 tracks, with all that is merged with them.')
    await press(page, 'u')
    await group.focus()
    await press(page, 'ArrowRight ArrowRight y')
    expect(await pairTitle(page)).toMatch(/5 and 6, 90%: same/)
    await press(page, 'u u')
    expect(await pairTitle(page)).toMatch(/1 and 2, 90%: same/)
    await press(page, 'u')
    expect(await savedActions(page)).toEqual([{ merge: ['1', '2'] }, { merge: ['2', '3'] }])
    const path = join(parent, 'loaded.json')
    await writeFile(path, await readFile(join(parent, 'saved.json')))
    await using other = await profile()
    const fresh = await open(other)
    await fresh.setInputFiles('#load-review', path)
    await expect.poll(() => pairTitle(fresh)).toBe('Tracks 5 and 6, 90%')
  })

  test('a merge that puts a person in two places is said, of all tracks and parts of both', async () => {
    // Otherwise a mistake would be seen only in the dataset.
    await using context = await profile()
    const page = await open(context)
    const caution = page.locator('.caution')
    expect(await caution.textContent()).toBe('Careful: tracks 1 and 2 are seen at the same time.')
    await page.getByRole('listbox').focus()
    // At 23 s: the first part has ended when track 2 begins.
    await press(page, 'Enter ArrowRight ArrowRight ArrowRight p Escape')
    const merge = async (...tracks: (number | string)[]) => {
      for (const track of tracks) await page.locator(`[id="piece-${track}"]`).click()
      await press(page, 'm')
      return said(page)
    }
    expect(await merge(1, 2)).toBe('Merged 2 tracks.')
    await press(page, 'u')
    expect(await merge('1@575', 2)).toContain('Careful: tracks 1 and 2 are seen at the same time.')
    await press(page, 'u')
    expect(await merge(1, 8)).toBe('Merged 2 tracks.')
    expect(await merge(1, 6)).toContain('Careful: tracks 6 and 8 are seen at the same time.')
    await page.locator('.pairing').focus()
    await press(page, 'n ArrowLeft')
    expect(await caution.textContent()).toBe('Careful: tracks 1 and 2 are seen at the same time.')
  })

  test('a dropped track is not merged with another one before it is restored', async () => {
    // Otherwise a player would leave the dataset with a referee, without a word.
    await using context = await profile()
    const page = await open(context)
    await page.getByRole('listbox').focus()
    await press(page, 'x')
    expect(await tile(page, 1).textContent()).toBe('Track 1, dropped')
    await tile(page, 1).click()
    await tile(page, 2).click()
    await press(page, 'm')
    expect(await said(page)).toBe(
      'Not merged: dropped are 1. Restore them, or drop the others first, with x.',
    )
    await page.locator('.pairing').focus()
    await press(page, 'ArrowLeft y')
    expect(await said(page)).toContain('One of the two is dropped')
    await page.getByRole('listbox').focus()
    await press(page, 'Escape')
    await tile(page, 1).click()
    await press(page, 'x')
    expect(await said(page)).toBe('Restored 1 track.')
    expect(await savedActions(page)).toEqual([{ drop: '1' }, { keep: '1' }])
  })

  test('two tabs of one report show the same decisions', async () => {
    // Otherwise the tab that is saved last would lose what was decided in the other one.
    await using context = await profile()
    const [one, other] = [await open(context), await open(context)]
    await one.locator('.pairing').focus()
    await press(one, 'y')
    await expect.poll(() => said(other)).toBe('1 decision: 7 people in 8 tracks.')
    await other.locator('.pairing').focus()
    await press(other, 'ArrowRight n')
    await expect.poll(() => said(one)).toContain('2 decisions')
    expect(await savedActions(one)).toEqual([{ merge: ['1', '2'] }, { different: ['2', '3'] }])
  })

  test('a name may have an emoji that is several characters', async () => {
    // Otherwise a family would be saved as three people.
    await using context = await profile()
    const page = await open(context)
    await page.getByRole('listbox').focus()
    await press(page, 'e')
    await page.getByLabel('Team').fill('👨‍👩‍👧 a\u200db')
    await page.keyboard.press('Enter')
    expect(await savedActions(page)).toEqual([{ name: '1', team: '👨‍👩‍👧 ab' }])
  })

  test('served, two tabs save in turn, and the next start of the server has all answers', async () => {
    // Otherwise pairs that were answered would be asked again, and a second tab could save nothing.
    const actions = async () =>
      JSON.parse(await readFile(join(run, 'review.json'), 'utf8').catch(() => '{}')).actions
    await using context = await profile()
    const first = await serveReview(await ReviewedRun.open(Folder.at(run)))
    const [one, other] = [await open(context, first.url), await open(context, first.url)]
    await one.locator('.pairing').focus()
    await press(one, 'n')
    await expect.poll(actions).toEqual([{ different: ['1', '2'] }])
    await expect.poll(() => pairTitle(other)).toContain('not the same')
    await other.locator('.pairing').focus()
    await press(other, 'ArrowRight y')
    await expect.poll(actions).toEqual([{ different: ['1', '2'] }, { merge: ['2', '3'] }])
    await expect.poll(() => said(one)).toContain('2 decisions')
    await press(one, 'u')
    await expect.poll(actions).toEqual([{ different: ['1', '2'] }])
    await first[Symbol.asyncDispose]()
    await using next = await serveReview(await ReviewedRun.open(Folder.at(run)))
    const later = await open(context, next.url)
    await expect.poll(() => pairTitle(later)).toBe('Tracks 2 and 3, 90%')
    expect(await said(later)).toBe('1 decision: 8 people in 8 tracks.')
  })

  test('served with a review that cannot be loaded, nothing can be decided or saved until it is moved away', async () => {
    // Otherwise the first decision would replace the work of hours that a slip of an editor made unreadable.
    const path = join(run, 'review.json')
    const text = (await readFile(path, 'utf8')).slice(0, -20)
    await writeFile(path, text)
    await using context = await profile()
    await using server = await serveReview(await ReviewedRun.open(Folder.at(run)))
    const page = await context.newPage()
    await page.goto(server.url)
    await expect.poll(() => said(page)).toContain('Cannot load review.json: it is not JSON. Nothing')
    await page.locator('.pairing').focus()
    await press(page, 'y')
    await page.getByRole('listbox').focus()
    await press(page, 'x u')
    expect(await said(page)).toContain('Cannot load review.json')
    expect(await readFile(path, 'utf8')).toBe(text)
    await rm(path)
    const again = await open(context, server.url)
    expect(await said(again)).toBe('0 decisions: 8 people in 8 tracks.')
  })
})
