import { expect, test } from 'vitest'
import type { ReviewAction } from '../../dist/review/actions.js'
import { actionsIn } from '../../dist/review/actions-in.js'
import { conflictOf, lanesWithin } from '../../dist/review/conflict.js'
import { People } from '../../dist/review/people.js'
import { parseReview } from '../../dist/review/review.js'

const people = (...actions: ReviewAction[]) => new People({ actions })

test('merged tracks are one person with the lower number, through any chain', () => {
  // Otherwise a player who was lost twice would still be two identities.
  const three = people({ merge: ['9', '4'] }, { merge: ['9', '2'] })
  expect([2, 4, 9, 5].map(track => three.at(track, 0))).toEqual([2, 2, 2, 5])
})

test('a part of a split track is a person of its own, and can be merged with another track', () => {
  // Otherwise a track that went from one player to another could only be dropped.
  const split = people({ split: 3, frame: 100 }, { split: 3, frame: 50 }, { merge: ['3@100', '7'] })
  expect([0, 49, 50, 99].map(frame => split.at(3, frame))).toEqual([3, 3, 1_000_001, 1_000_001])
  expect([split.at(3, 100), split.at(7, 0)]).toEqual([7, 7])
})

test('who is separated is one person, and the others stay one', () => {
  // Otherwise a wrong merge could not be taken back without all that came after it.
  const apart = people(
    ...[{ merge: ['2', '5'] as const }, { merge: ['2', '7'] as const }, { merge: ['5', '9'] as const }],
    ...[{ name: '2', number: '10' }, { drop: '9' }],
    ...[{ separate: ['2', '7'] }, { different: ['2', '5'] as const }],
  )
  expect([2, 7].map(track => apart.at(track, 0))).toEqual([2, 2])
  expect(apart.membersOf('9')).toEqual(['5', '9'])
  // What was said of all of them stays with the others.
  expect([5, 9].map(track => apart.at(track, 0))).toEqual([undefined, undefined])
  expect([apart.nameOf(2), apart.nameOf(5)]).toEqual([undefined, { number: '10' }])
})

test('a dropped person that is kept after all is back', () => {
  // Otherwise only undo would bring a player back who was taken for a referee.
  const back = people({ merge: ['5', '2'] }, { drop: '5' }, { keep: '2' })
  expect([back.at(5, 0), back.at(2, 0)]).toEqual([2, 2])
})

test('a dropped crop that is kept after all is back', () => {
  // Otherwise a crop that was dropped by mistake could be brought back only with all that was said since.
  const back = people({ dropCrop: 5, frame: 80 }, { dropCrop: 5, frame: 80 }, { keepCrop: 5, frame: 80 })
  expect(back.at(5, 80)).toBe(5)
})

test('a dropped person is gone with all that is merged with it, and a dropped crop alone', () => {
  // Otherwise a referee who was removed would come back with a merge.
  const dropped = people({ drop: '5' }, { merge: ['5', '2'] }, { dropCrop: 8, frame: 10 })
  expect([dropped.at(5, 0), dropped.at(2, 0)]).toEqual([undefined, undefined])
  expect([dropped.at(8, 10), dropped.at(8, 11)]).toEqual([undefined, 8])
})

test('a name holds for the whole person', () => {
  // Otherwise naming a player before a merge would be lost.
  const named = people(
    { name: '6', team: 'blue', number: '10' },
    { merge: ['6', '1'] },
    { name: '3', role: 'goalkeeper' },
  )
  expect(named.nameOf(1)).toEqual({ team: 'blue', number: '10' })
  expect(named.nameOf(3)).toEqual({ role: 'goalkeeper' })
  expect(named.nameOf(6)).toBeUndefined()
})

test('a review that is malformed, or speaks of nobody, is refused', () => {
  // Otherwise a review that was edited by hand would be half applied.
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
  const head = { format: 'cropstream-review/1', video_guid: 'a', dataset_sha256: 'b' }
  expect(() => parseReview(Buffer.from('{'), 'x.json')).toThrow(/x\.json: it is not JSON/)
  expect(() => parseReview(bytes({ ...head, actions: [{ merge: ['1'] }] }), 'x.json')).toThrow(/actions\.0/)
  expect(() => parseReview(bytes({ ...head, actions: [{ drop: '0' }] }), 'x.json')).toThrow(/actions\.0/)
  const every = [
    { drop: '1' },
    { keep: '1' },
    { separate: ['1', '2@3'] },
    { different: ['1', '2'] },
    { name: '1', team: '👨‍👩‍👧' },
    { drop: '2', also: true },
  ]
  expect(parseReview(bytes({ ...head, actions: every }), 'x.json').actions).toEqual(every)
  const invisible = [{ name: '1', team: 'a\u200db' }]
  expect(() => parseReview(bytes({ ...head, actions: invisible }), 'x.json')).toThrow(/actions\.0/)
  expect(() => people({ drop: '3@7' })).toThrow(/action 1 of the review: there is no 3@7 before it/)
})

test('parts of a run that was reviewed before get numbers of their own', () => {
  // Otherwise a part would become one person with a part of the first review.
  const again = new People({ actions: [{ split: 3, frame: 10 }] }, [3, 1_000_004])
  expect([again.at(3, 10), again.at(1_000_004, 0)]).toEqual([1_000_005, 1_000_004])
})

test.each([
  ['{"format":"cropst', 'it is not JSON'],
  ['', 'it is empty'],
  [{ dataset_sha256: 'c' }, 'it is of another run'],
  [{ actions: [{ drop: '1' }, { foo: 1 }] }, 'action 2 is not one of a review'],
  [{ actions: [{ merge: [1, 2] }] }, 'action 1 is not one of a review'],
  [{ actions: [{ merge: ['1', '1@50'] }] }, 'action 1 of the review: there is no 1@50 before it'],
  [{ actions: [{ merge: ['1', '999'] }] }, 'the run has no track 999'],
  [{ actions: [{ dropCrop: 999, frame: 5 }] }, 'the run has no track 999 in frame 5'],
])('a page refuses to load %j', (given, why) => {
  // Otherwise decisions would be made on top of what the export refuses.
  const head = { format: 'cropstream-review/1', video_guid: 'a', dataset_sha256: 'b', actions: [] }
  const load = (isComplete: boolean) =>
    actionsIn(typeof given === 'string' ? given : JSON.stringify({ ...head, ...given }), {
      ...{ videoGuid: 'a', datasetSha256: 'b', tracks: [1, 2], isComplete },
    })
  expect(() => load(true)).toThrow(why)
  // A report of the largest 1000 tracks does not know the others.
  if (why.includes('999')) expect(load(false)).toHaveLength(1)
})

test('two people conflict where any of their tracks do, in the parts that are theirs', () => {
  // Otherwise a player who is in two places at once, or was said to be someone else, would be merged without a word.
  const seen = (id: number, from: number, to: number) => ({ track: { id }, lanes: [{ from, to }] })
  const [nine, eighteen, twentyTwo, twentyFour] = [
    ...[seen(9, 0, 10), seen(18, 12, 20), seen(22, 8, 14), seen(24, 30, 40)],
  ] as const
  const none = () => false
  expect(conflictOf([nine, eighteen], [twentyFour], none)).toBeUndefined()
  expect(conflictOf([twentyFour, eighteen], [nine, twentyTwo], none)).toBe(
    'tracks 18 and 22 are seen at the same time',
  )
  const areDifferent = (a: number, b: number) => a === 9 && b === 24
  expect(conflictOf([eighteen, nine], [twentyFour], areDifferent)).toBe(
    'tracks 9 and 24 were said not to be one',
  )
  // In lanes of the split, each short.
  const cut = { track: { id: 2 }, lanes: [8, 8.4, 8.8].map(from => ({ from, to: from + 0.3 })) }
  expect(conflictOf([cut], [nine], none)).toContain('tracks 2 and 9')
  // Before and after it was split.
  const part = (from: number, to: number) => ({ ...twentyTwo, lanes: lanesWithin(twentyTwo.lanes, from, to) })
  expect(conflictOf([part(0, 10)], [eighteen], none)).toBeUndefined()
  expect(conflictOf([part(10, Number.POSITIVE_INFINITY)], [eighteen], none)).toBeDefined()
})
