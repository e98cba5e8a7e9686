import { type Command, Option } from 'commander'
import { commandNamed } from './command.js'

/** Commands that look at a queue or steer it. */
export const steering = ['status', 'retry', 'pause', 'resume', 'drain'] as const
export type Steering = (typeof steering)[number]
export const isSteering = (name: string | undefined): name is Steering =>
  steering.some(known => known === name)

/** A command of the queue. @param name what follows `cropstream`. */
export const queueCommand = (name: string, description: string): Command =>
  commandNamed(name, description).addOption(
    new Option('--queue <url>', 'redis://host:port/database of a Redis or Valkey server; rediss:// for TLS')
      .env('CROPSTREAM_QUEUE')
      .makeOptionMandatory(),
  )
