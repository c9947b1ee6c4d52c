/**
 * The work on one labelled image, wherever it is done.
 */
import { PhotoError } from '../../image/decode.js';
import { judgeImage } from './evaluate.js';
import type { ImageNets } from './image-nets.js';
import type { ImageOutcome, ImageSettings } from './image-task.js';
import { photoFaces } from './labelled-eyes.js';
import { packImage } from './pack.js';
import type { LabelledImage } from './sources.js';

/** Does the work. An image that cannot be read is an outcome too. */
export async function workOnImage(image: LabelledImage, nets: ImageNets, { config, source, task }: ImageSettings): Promise<ImageOutcome> {
  try {
    switch (task.kind) {
      case 'look': return { kind: 'look', face: (await photoFaces(image.file, nets, config)).length > 0 };
      case 'pack': return { kind: 'pack', ...await packImage(image, nets, { config, source, images: task.images, crop: task.crop }) };
      case 'evaluate': return { kind: 'evaluate', ...await judgeImage(image, nets, { config, images: task.images, crops: task.crops }) };
    }
  } catch (error) {
    if (error instanceof PhotoError) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}
