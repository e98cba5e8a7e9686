/**
 * sharp, set up for many threads that each work on one small picture at a time. Its native library must be loaded
 * on the main thread before a worker loads it, which importing an operator that uses it does.
 */
import sharp from 'sharp'

sharp.cache(false)
sharp.concurrency(1)

export { sharp }
