/** Work that a crash may cost, in seconds, besides the frames in progress. */
const secondsAtRisk = 60
/** Checkpoints of a video, at most: each costs two requests to a bucket, its write and its removal. */
const mostCheckpoints = 40

/** Frames that wait for a checkpoint, at most, where the limit above allows: they take memory. */
const mostWaiting = 200

/** Whether finished frames, of which there are so many since the last checkpoint, are to be written now. */
export type CheckpointSchedule = (frames: number) => boolean

export const everyFrames =
  (count: number): CheckpointSchedule =>
  frames =>
    frames >= count

/**
 * About once a minute or every 200 frames, and not more often than 40 times in a video, however long it is.
 * @param now in milliseconds.
 */
export function byWork(
  framesExpected: number,
  now: () => number = () => performance.now(),
): CheckpointSchedule {
  const least = Math.ceil(framesExpected / mostCheckpoints)
  let last = now()
  return frames => {
    const isOld = now() - last >= secondsAtRisk * 1000
    if (frames < least || !(isOld || frames >= mostWaiting)) return false
    last = now()
    return true
  }
}
