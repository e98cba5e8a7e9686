// An operator for tests, in plain JavaScript because workers load it without a build: puts the same players side by
// side in every frame, without a detector.
const step =
  ({ players }) =>
  frame => {
    const detections = Array.from({ length: players }, (_, i) => ({
      xyxy: [i * 12, 10, i * 12 + 10, 40],
      confidence: 0.9,
      classId: 0,
      trackId: i + 1,
    }))
    const tracks = { opened: players, closed: 0, cuts: 0 }
    return [{ frame, detections, tracks }]
  }

export const boxes = { operator: 'boxes', step }
