/**
 * A worker process of `pipeline pack` and `pipeline evaluate`.
 */
import '../image/one-thread.js';
import { serveTasks } from '../run/worker-service.js';
import { createImageNets } from '../train/data/image-nets.js';
import type { ImageSettings } from '../train/data/image-task.js';
import { workOnImage } from '../train/data/image-work.js';
import type { LabelledImage } from '../train/data/sources.js';

serveTasks({
  load: (config) => Promise.resolve(createImageNets(config)),
  work: async (image: LabelledImage, nets, settings: ImageSettings) => workOnImage(image, await nets, settings),
});
