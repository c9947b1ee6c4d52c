/**
 * Drawn photos to train on: pale ovals with two dark eyes on a dim background.
 */
import { encodeJpeg } from '../../../src/image/encode.js';
import type { CropFace } from '../../../src/train/detection/faces.js';
import type { PackedPhoto } from '../../../src/train/detection/packed-photos.js';
import { Random } from '../../../src/train/data/random.js';

const SIZE = 160;

/** `count` photos, the same each time. */
export async function drawnPhotos(count: number, seed = 1): Promise<PackedPhoto[]> {
  const random = new Random(seed);
  const photos: PackedPhoto[] = [];
  for (let index = 0; index < count; index += 1) {
    const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => 40 + random.below(40));
    const faces = [draw(data, random.between(15, 45), 80), draw(data, random.between(105, 130), 80)];
    photos.push({
      bytes: await encodeJpeg({ data, width: SIZE, height: SIZE, channels: 3 }, 95), width: SIZE, height: SIZE,
      source: 'drawn', path: `${String(seed)}-${String(index)}.jpg`, faces,
    });
  }
  return photos;
}

function draw(data: Uint8Array, x: number, y: number): CropFace {
  const [rx, ry] = [14, 18];
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < SIZE; column += 1) {
      const [u, v] = [(column - x) / rx, (row - y) / ry];
      if (u * u + v * v > 1) continue;
      const eye = Math.abs(v + 0.2) < 0.12 && Math.abs(Math.abs(u) - 0.45) < 0.2;
      data.fill(eye ? 20 : 210, 3 * (row * SIZE + column), 3 * (row * SIZE + column) + 3);
    }
  }
  const eyeY = y - 0.2 * ry;
  const right = [x - 0.65 * rx, eyeY, x - 0.25 * rx, eyeY, x - 0.45 * rx, eyeY];
  const left = [x + 0.65 * rx, eyeY, x + 0.25 * rx, eyeY, x + 0.45 * rx, eyeY];
  return {
    x: x - rx, y: y - ry, width: 2 * rx, height: 2 * ry, ignored: false, points: [...right, ...left, x, y + 0.2 * ry],
    eyes: [{ visible: 1, open: 1 }, { visible: 1, open: 1 }],
  };
}
