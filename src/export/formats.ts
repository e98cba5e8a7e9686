import { coco } from './coco.js'
import type { Format } from './contract.js'
import { cvat } from './cvat.js'
import { fiftyone } from './fiftyone.js'
import { hfParquet, imagefolder } from './hugging-face.js'
import { market1501 } from './market1501.js'
import { mot } from './mot.js'
import { parquet } from './parquet.js'
import { webdataset } from './webdataset.js'

/** Every format of `cropstream export`, in the order of the documentation. */
export const formats: readonly Format[] = [
  market1501,
  webdataset,
  imagefolder,
  hfParquet,
  coco,
  mot,
  cvat,
  fiftyone,
  parquet,
]
