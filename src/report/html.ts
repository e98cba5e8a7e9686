import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { printable } from '../common/printable.js'
import type { ReportData, TrackReport } from './data.js'

/**
 * The report as one HTML page without network access: its content security policy allows only its own script,
 * embedded pictures and what is served beside it. Yields pieces, one track at a time, because pictures are large.
 */
export async function* reportHtml(
  data: Omit<ReportData, 'tracks'>,
  tracks: AsyncIterable<TrackReport> | Iterable<TrackReport>,
): AsyncGenerator<string> {
  const script = beside('page.js')
  const policy = [
    "default-src 'none'",
    // Itself: `cropstream review` serves more crops beside the page, and takes its review.
    "img-src data: 'self'",
    "connect-src 'self'",
    // Plots have inline styles.
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeHtml(printable(data.video.name))} · cropstream</title>
<style>${beside('page.css')}</style>
</head>
<body>
<noscript>This report needs JavaScript. It does not use the network.</noscript>
<script type="application/json" id="data">${json(data)}</script>
<script>${script}</script>
`
  // Each in an element of its own: the page parses the pictures of those that are seen.
  for await (const track of tracks)
    yield `<script type="application/json" class="track">${json(track)}</script>\n`
  yield `</body>
</html>
`
}

/** A file of the built page: see `npm run build`. */
function beside(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

/** JSON with all texts made `printable`, and without `<`, which could end the element or open a comment. */
function json(value: unknown): string {
  const safe = (_: string, part: unknown) => (typeof part === 'string' ? printable(part) : part)
  return JSON.stringify(value, safe).replaceAll('<', '\\u003c')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
