import { type Crop, setting, workerOperator } from 'cropstream'

/** An operator of your own: drops crops that are wide for their height, as `too_wide`, such as two players in one box. */
export const aspectFilter = workerOperator({
  name: 'aspect-filter',
  module: import.meta.url,
  settings: {
    maxAspect: setting.number({
      from: 0.1,
      to: 10,
      default: 1,
      value: 'ratio',
      help: 'drop crops of which width ÷ height is larger, as too_wide',
    }),
  },
  step:
    ({ maxAspect }) =>
    (crop: Crop, context) => {
      if (crop.width / crop.height <= maxAspect) return [crop]
      context.drop('too_wide', 1, crop.detection.xyxy)
      return []
    },
})
