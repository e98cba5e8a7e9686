import { integer } from '../settings/setting.js'
import { type Entry, shardLimits, shardName, TarShard } from '../sinks/tar-shard.js'
import { type ExportImage, format } from './contract.js'
import { Parts } from './parts.js'
import { recordOf } from './record.js'

/**
 * WebDataset shards, `train/train-000000.tar`: for each sample a `.cls` with its identity from 0, a `.jpg` and a `.json`.
 * Several runs become one sequence of shards, with identities that are unique across them.
 */
export const webdataset = format({
  name: 'webdataset',
  help: 'tar shards for webdataset and torch',
  settings: {
    shardMegabytes: integer({
      from: 1,
      to: 4096,
      default: shardLimits.bytes >> 20,
      help: 'size of a shard in MiB',
    }),
  },
  promised: 'run',
  async write(dataset, target, { shardMegabytes }) {
    const limits = { ...shardLimits, bytes: shardMegabytes << 20 }
    const shards = new Parts(
      (subset, number) => ({ path: shardName(subset, number), tar: new TarShard() }),
      async ({ path, tar }) => target.write(path, await tar.end()),
    )
    for await (const image of dataset.images()) {
      const entries = entriesOf(image)
      const { tar } = await shards.for(image.subset, ({ tar }) => tar.hasRoomFor(entries, limits))
      tar.add(entries)
      target.placed(image, image.subset)
    }
    await shards.end()
  },
  load: root => [
    'import glob, torch, torchvision, webdataset',
    `shards = sorted(glob.glob(${root} + "/train/*.tar"))`,
    'data = webdataset.WebDataset(shards, shardshuffle=100, empty_check=False).shuffle(1000).decode("torchrgb").to_tuple("jpg", "cls")',
    'data = data.map_tuple(torchvision.transforms.Resize((256, 128))).batched(32)',
    'batches = torch.utils.data.DataLoader(data, batch_size=None, num_workers=2)',
  ],
})

/** Readers take everything up to the first dot as the key of a sample. */
function entriesOf(image: ExportImage): Entry[] {
  const { run, identity, frameIndex, augmentation, jpeg } = image
  const key = `${identity.id}_${run.number}_${frameIndex}_${augmentation}`
  return [
    { name: `${key}.cls`, bytes: String(identity.id - 1) },
    { name: `${key}.jpg`, bytes: jpeg },
    { name: `${key}.json`, bytes: JSON.stringify(recordOf(image)) },
  ]
}
