import { checkRows } from '../../support/detectors/rows.js'

// npm run check:detectors: the check of families.test.ts on all exports that test/support/detectors/make.py can write
// into a folder. Forms of export that the small fixtures lack would be read wrongly otherwise.
checkRows(process.env.CROPSTREAM_DETECTORS ?? '')
