import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

// As native code, it takes a while to load.
await setTimeout(100)
writeFileSync(process.env.SLOW_MODULE_LOADED, '')
