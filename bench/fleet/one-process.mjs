// One process that makes the datasets of videos one after the other: `node one-process.mjs OUT VIDEO ...`

import { processVideo } from '../../dist/index.js'

const [out, ...videos] = process.argv.slice(2)
for (const video of videos) await processVideo(video, { out })
