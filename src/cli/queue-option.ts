import { Command, Option } from 'commander'
import { printable } from '../common/printable.js'

/** Commands that look at a queue or steer it. */
export const steering = ['status', 'retry', 'pause', 'resume', 'drain'] as const
export type Steering = (typeof steering)[number]
export const isSteering = (name: string | undefined): name is Steering =>
  steering.some(known => known === name)

/** A command of the queue. */
export const queueCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .addOption(
      new Option('--queue <url>', 'redis://host:port/database of a Redis or Valkey server; rediss:// for TLS')
        .env('CROPSTREAM_QUEUE')
        .makeOptionMandatory(),
    )
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${printable(text.trim())}\n`) })
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('(--help lists the options)')
