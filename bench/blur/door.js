/**
 * The pipeline's own way from a photo's bytes to its faces. The benchmark has no other: what is fitted and measured here is
 * fitted and measured on the boxes, points and pixels that `pipeline run` sees.
 */
import { loadConfig } from '../../dist/pipeline/config.js';
import { seeFaces } from '../../dist/pipeline/face-views.js';
import { StageClock } from '../../dist/pipeline/stage-clock.js';
import { createStages } from '../../dist/pipeline/stages.js';
import { decodePhoto, openBytes, shrinkFor } from '../../dist/image/decode.js';

/** Opens the shipped pipeline; `see` gives the views of a photo's faces, largest first, each with its `place`, a box in px of the photo. */
export async function openDoor() {
  const stages = await createStages(loadConfig());
  const { image } = stages.config;
  const see = async (bytes) => {
    const photo = await openBytes(bytes, image);
    const whole = await decodePhoto(photo, shrinkFor(photo, image.decode_side));
    const { faces, views } = await seeFaces(photo, whole, stages, new StageClock());
    return views.map((view, index) => ({ ...view, place: faces[index].box })).sort((a, b) => b.place.width - a.place.width);
  };
  return { see, stages, close: () => stages.release() };
}
