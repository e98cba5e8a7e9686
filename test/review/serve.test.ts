import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reviewCommand } from '../../dist/cli/review.js'
import { ReviewedRun } from '../../dist/review/reviewed-run.js'
import { type ReviewServer, serveReview } from '../../dist/review/serve.js'
import { Folder } from '../../dist/storage/folder.js'
import { storedRun } from '../support/stored-run.js'

let parent: string
let run: string
let server: ReviewServer
let at: URL
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
  run = await storedRun(join(parent, 'run'), { tracks: [[0, 1]] })
  await writeFile(join(run, 'report.html'), 'the report')
  await writeFile(join(parent, 'secret.txt'), 'secret')
  await symlink(join(parent, 'secret.txt'), join(run, 'datasets', 'linked.jpg'))
  server = await serveReview(await ReviewedRun.open(Folder.at(run)))
  at = new URL(server.url)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(parent, { recursive: true })
})

const token = () => at.pathname.split('/')[1]

/** Sends a path as it is: `fetch` would resolve its dots. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<{ status: number | undefined; text: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = at
    request({ hostname, port, path, method, headers }, async response => {
      const pieces: Buffer[] = []
      for await (const piece of response) pieces.push(piece)
      resolve({
        status: response.statusCode,
        text: Buffer.concat(pieces).toString(),
        headers: response.headers,
      })
    })
      .on('error', reject)
      .end(body)
  })
}

const image = 'datasets/train/track_1/crop_frame_0_det_0.jpg'

test('the report and the crops of the run are readable with the token', async () => {
  // Otherwise nothing could be reviewed.
  expect((await ask(at.pathname + at.search)).text).toBe('the report')
  const crops = JSON.parse((await ask(`/${token()}/tracks/1.json`)).text)
  expect(crops[0]).toEqual({ frame: 0, path: image })
  expect(crops).toHaveLength(10)
  const { status, headers } = await ask(`/${token()}/${image}`)
  expect([status, headers['content-type']]).toEqual([200, 'image/jpeg'])
  expect(headers['access-control-allow-origin']).toBeUndefined()
  expect(headers['cross-origin-resource-policy']).toBe('same-origin')
})

test.each([
  ['no token', () => '/report.html', 404],
  ['another token', () => `/${'x'.repeat(32)}/report.html`, 404],
  ['a part of the token', () => `/${token()?.slice(1)}/report.html`, 404],
  ['a path that leaves the run', () => `/${token()}/../../../secret.txt`, 404],
  ['the same, encoded', () => `/${token()}/..%2f..%2f..%2fsecret.txt`, 404],
  ['an absolute path', () => `/${token()}//etc/passwd`, 404],
  ['another file of the run', () => `/${token()}/manifest.json`, 404],
  ['a file that the manifest does not list', () => `/${token()}/datasets/linked.jpg`, 404],
  ['crops of a track by a path', () => `/${token()}/tracks/../manifest.json`, 404],
])('%s reads nothing', async (_, path, status) => {
  // Otherwise another user of the machine, or a page of another site, could read the files of the user.
  const answer = await ask(path())
  expect(answer.status).toBe(status)
  expect(answer.text).toBe('not found\n')
})

test('another host or origin is refused, with the token too', async () => {
  // Otherwise a site whose name resolves to this machine could read and write the review.
  const path = at.pathname
  expect((await ask(path, { headers: { host: `evil.example:${at.port}` } })).status).toBe(403)
  expect((await ask(path, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  expect((await ask(path, { method: 'OPTIONS' })).status).toBe(405)
})

test('a review is written beside the run only with the token, and only if it is one of this run', async () => {
  // Otherwise a mistake, or somebody else, could replace the work of hours.
  const manifest = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'))
  const review = {
    format: 'cropstream-review/1',
    video_guid: manifest.video.video_guid,
    dataset_sha256: manifest.dataset_sha256,
    actions: [{ drop: '1' }],
  }
  const put = (path: string, body: unknown, seen?: string) =>
    ask(path, {
      ...{ method: 'PUT', body: JSON.stringify(body) },
      ...(seen !== undefined && { headers: { 'if-match': seen } }),
    })
  const target = `/${token()}/review.json`
  expect((await ask(target)).status).toBe(204)
  expect((await put('/x/review.json', review)).status).toBe(404)
  expect((await put(`/${token()}/manifest.json`, review)).status).toBe(405)
  expect((await put(target, { ...review, actions: [{ drop: 1 }] })).status).toBe(400)
  expect((await put(target, { ...review, dataset_sha256: 'x' })).text).toMatch(/of another run/)
  expect((await put(target, { ...review, format: 'x'.repeat(9 << 20) })).text).toMatch(/at most/)
  expect((await put(target, review)).status).toBe(204)
  // A page that has not seen what another one saved replaces nothing.
  const blind = await put(target, { ...review, actions: [] })
  expect([blind.status, blind.text]).toEqual([412, expect.stringContaining('another page has saved since')])
  const etag = String((await ask(target)).headers.etag)
  expect((await put(target, { ...review, actions: [] }, etag)).status).toBe(204)
  expect((await put(target, review, etag)).status).toBe(412)
  expect(JSON.parse(await readFile(join(run, 'review.json'), 'utf8'))).toEqual({ ...review, actions: [] })
  const now = await ask(target)
  expect(JSON.parse(now.text).actions).toEqual([])
  // Of two pages that save at once, one wins.
  const both = await Promise.all(
    [1, 2].map(count =>
      put(target, { ...review, actions: Array(count).fill({ drop: '1' }) }, String(now.headers.etag)),
    ),
  )
  expect(both.map(({ status }) => status).sort()).toEqual([204, 412])
})

test('a review that cannot be loaded is never replaced', async () => {
  // Otherwise the first decision of a page that could not load it would replace the work of hours.
  const manifest = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'))
  const { dataset_sha256 } = manifest
  const review = { format: 'cropstream-review/1', video_guid: manifest.video.video_guid, dataset_sha256 }
  const target = `/${token()}/review.json`
  const damaged = [
    ...['', '{"format":"cropst'],
    JSON.stringify({ ...review, dataset_sha256: 'x', actions: [] }),
    JSON.stringify({ ...review, actions: [{ drop: '1@50' }] }),
  ]
  for (const text of damaged) {
    await writeFile(join(run, 'review.json'), text)
    const seen = String((await ask(target)).headers.etag)
    const body = JSON.stringify({ ...review, actions: [{ drop: '1' }] })
    const answer = await ask(target, { method: 'PUT', body, headers: { 'if-match': seen } })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('move it away')])
    expect(await readFile(join(run, 'review.json'), 'utf8')).toBe(text)
  }
  await rm(join(run, 'review.json'))
})

test('a run without a report, no run and several runs are refused with the remedy', async () => {
  // Otherwise a user would see an empty page, or be told to review what another program wrote.
  const bare = await storedRun(join(parent, 'bare'), { tracks: [[0, 0]], video: 2 })
  const done = Promise.resolve()
  await expect(reviewCommand([bare], done)).rejects.toThrow(
    /no report\.html; make the run again with --report/,
  )
  await expect(reviewCommand([join(parent, 'nowhere')], done)).rejects.toThrow(/no complete run in it/)
  await expect(reviewCommand([parent], done)).rejects.toThrow(
    `there are several runs in it; give the folder of one, as ${parent}/bare/`,
  )
  const foreign = join(parent, 'run', 'app')
  await mkdir(foreign)
  await writeFile(join(foreign, 'manifest.json'), '{"name":"an app"}')
  await expect(reviewCommand([foreign], done)).rejects.toThrow(/no complete run in it/)
  expect(await reviewCommand([join(parent, 'run')], done)).toBe(0)
})
