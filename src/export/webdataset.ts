import { integer } from '../settings/setting.js'
import { type Entry, shardLimits, shardName, TarShard } from '../sinks/tar-shard.js'
import type { Subset } from '../types.js'
import { type ExportImage, format, type Target } from './contract.js'
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
    const open = new Map<Subset, { readonly number: number; readonly tar: TarShard }>()
    for await (const image of dataset.images()) {
      const { subset } = image
      const entries = entriesOf(image)
      let shard = open.get(subset)
      if (shard === undefined || !shard.tar.hasRoomFor(entries, limits)) {
        if (shard !== undefined) await finish(target, subset, shard)
        shard = { number: shard === undefined ? 0 : shard.number + 1, tar: new TarShard() }
        open.set(subset, shard)
      }
      shard.tar.add(entries)
      target.placed(image, subset)
    }
    for (const [subset, shard] of open) await finish(target, subset, shard)
  },
  load: root => [
    'import glob, torch, torchvision, webdataset',
    `shards = sorted(glob.glob(${root} + "/train/*.tar"))`,
    'data = webdataset.WebDataset(shards, shardshuffle=100, empty_check=False).shuffle(1000).decode("torchrgb").to_tuple("jpg", "cls")',
    'data = data.map_tuple(torchvision.transforms.Resize((256, 128))).batched(32)',
    'batches = torch.utils.data.DataLoader(data, batch_size=None, num_workers=2)',
  ],
})

async function finish(
  target: Target,
  subset: Subset,
  { number, tar }: { readonly number: number; readonly tar: TarShard },
): Promise<void> {
  await target.write(shardName(subset, number), await tar.end())
}

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
