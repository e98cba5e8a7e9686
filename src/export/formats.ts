import type { Format } from './contract.js'
import { market1501 } from './market1501.js'
import { webdataset } from './webdataset.js'

/** Every format of `cropstream export`, in the order of the documentation. */
export const formats: readonly Format[] = [market1501, webdataset]
