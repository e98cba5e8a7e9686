import { Command, CommanderError } from 'commander'
import { exitCode } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { detect } from '../operators/detect.js'
import { checkOptions } from '../settings/configure.js'
import { optionOf } from './command-line.js'
import { checkModel } from './models-check.js'
import { listModels } from './models-list.js'

/** Options of the detector that change what a model finds in a frame. */
const detectorKeys = [
  ...(['modelFamily', 'precision', 'quality', 'inputSize', 'tiles'] as const),
  ...(['confidence', 'nmsIou', 'classes'] as const),
] as const

/**
 * `cropstream models …`: what is bundled, and what a file was recognized as. Resolves to the exit code.
 * @param args what follows `models` on the command line.
 * @throws CropstreamError for a model or a video that cannot be used.
 */
export async function modelsCommand(args: readonly string[]): Promise<number> {
  const program = new Command('cropstream models')
    .description('Lists the bundled models and the families of files that can be used.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${printable(text.trim())}\n`) })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showHelpAfterError('(--help lists the commands)')
    .action(async () => console.log(await listModels()))
  const check = program
    .command('check')
    .description('Says what a model was recognized as, and draws what it finds in a frame.')
    .argument('<model>', 'ONNX file, or the name of a bundled model')
    .argument('[video]', 'video with the frame to draw')
    .option('--frame <seconds>', 'time of the frame (default: the middle of the video)')
    .option('--out <file>', 'picture to write', 'models-check.png')
    .action(async (model: string, video: string | undefined, { frame, out, ...given }) => {
      const options = checkOptions([detect], { ...given, model })
      const picture = video === undefined ? undefined : { video, seconds: frame, out }
      for await (const line of checkModel(options, picture)) {
        console.log(line)
      }
    })
  for (const key of detectorKeys) check.addOption(optionOf(key, detect.settings[key]))
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
}
