import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { DeviceThread, loadModel } from '../dist/index.js'
import { openDetector } from '../dist/vision/detectors/detector.js'
import { devicesInSight } from '../dist/vision/detectors/device.js'
import { pictureOf } from './support/pictures.js'

// Where no GPU is, the software renderer of Chromium stands in for it; in a file of its own, since the environment is
// that of the process.
const renderer = '/usr/lib/chromium/vk_swiftshader_icd.json'
const hasGpu = devicesInSight().includes('webgpu')
if (!hasGpu && existsSync(renderer)) process.env.VK_ICD_FILENAMES = renderer
const hasVulkan = hasGpu || existsSync(renderer)
if (!hasVulkan) console.warn('SKIPPED: the test of WebGPU: it needs a GPU, or chromium and libvulkan1')

test.skipIf(!hasVulkan)('WebGPU gives the boxes of the CPU', async () => {
  // Otherwise a dataset would depend on the device by more than rounding.
  const fp32 = await loadModel({ precision: 'fp32' })
  const sample = sharp(fileURLToPath(new URL('./fixtures/nanodet-sample.png', import.meta.url)))
  const { data, info } = await sample.removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const picture = pictureOf({ width: info.width, height: info.height, rgb: data })
  await using device = await DeviceThread.open(fp32, 'webgpu')
  const detectors = [
    await openDetector(fp32, { inputSize: 192 }),
    await openDetector(fp32, { inputSize: 192 }, device.connect),
  ]
  const [expected = [], found = []] = await Promise.all(detectors.map(detector => detector.detect(picture)))
  expect(expected.length).toBeGreaterThan(1)
  expect(found).toHaveLength(expected.length)
  for (const [i, { xyxy, confidence }] of expected.entries()) {
    expect(found[i]?.confidence).toBeCloseTo(confidence, 3)
    for (const [side, value] of xyxy.entries())
      expect(Math.abs((found[i]?.xyxy[side] ?? 0) - value)).toBeLessThan(0.5)
  }
  for (const detector of detectors) await detector.close()
})
