import { Command, Option } from 'commander'
import { CropstreamError, exitCode } from '../../dist/common/errors.js'
import { moves } from './camera.js'
import { drawSample, sampleDefaults } from './sample.js'
import { venueNames } from './venues/index.js'

const program = new Command('sample')
  .description('Draws the sample match and writes its ground truth.')
  .option('--seconds <number>', 'length of the match', Number, sampleDefaults.seconds)
  .option('--seed <number>', 'seed of the random numbers', Number, sampleDefaults.seed)
  .option('--out <folder>', 'folder for match.mp4 and truth.jsonl', sampleDefaults.out)
  .option('--width <pixels>', 'width of the video', Number, sampleDefaults.width)
  .option('--height <pixels>', 'height of the video; players scale with it', Number, sampleDefaults.height)
  .option('--fps <number>', 'frames per second', Number, sampleDefaults.fps)
  .addOption(
    new Option('--venue <name>', 'where the match takes place')
      .choices(venueNames)
      .default(sampleDefaults.venue),
  )
  .addOption(new Option('--camera <move>', 'how the camera moves (default: as it does there)').choices(moves))

try {
  const { video, truth } = await drawSample(program.parse().opts())
  console.log(`${video}\n${truth}`)
} catch (error) {
  console.error(error instanceof CropstreamError ? error.message : error)
  process.exitCode = error instanceof CropstreamError ? error.exitCode : exitCode.internal
}
