import { Command } from 'commander'
import { CropstreamError, exitCode } from '../../dist/common/errors.js'
import { drawSample, sampleDefaults } from './sample.js'

const program = new Command('sample')
  .description('Draws the sample match, and writes what is true of it beside it.')
  .option('--seconds <number>', 'length', Number, sampleDefaults.seconds)
  .option('--seed <number>', 'another seed, another match', Number, sampleDefaults.seed)
  .option('--out <folder>', 'where match.mp4 and truth.jsonl go', sampleDefaults.out)
  .option('--width <pixels>', 'of the video', Number, sampleDefaults.width)
  .option('--height <pixels>', 'of the video; players scale with it', Number, sampleDefaults.height)
  .option('--fps <number>', 'frames per second', Number, sampleDefaults.fps)

try {
  const { video, truth } = await drawSample(program.parse().opts())
  console.log(`${video}\n${truth}`)
} catch (error) {
  console.error(error instanceof CropstreamError ? error.message : error)
  process.exitCode = error instanceof CropstreamError ? error.exitCode : exitCode.internal
}
