import { openRun } from '../../dist/checkpoint/open-run.js'
import { Folder } from '../../dist/storage/folder.js'

// Opens the run in the folder of its first argument, prints what came of it, and dies without releasing its lease.
const origin = { video: { sha256: 'video' }, model: { name: 'nanodet', sha256: 'model' }, options: {} }
try {
  await openRun(await Folder.open(process.argv[2]), origin)
  console.log(`open in process ${process.pid}`)
} catch (error) {
  console.log(error.message)
}
process.kill(process.pid, 'SIGKILL')
