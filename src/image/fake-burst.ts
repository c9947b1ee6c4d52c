/**
 * Makes the frames of a burst out of one photo, for benchmarks and tests: nobody has labelled real ones.
 */
import { byteAt } from '../core/typed-array.js';
import sharp, { type Sharp } from 'sharp';
import { clipBox, type Box } from '../core/raster.js';

/** What is done to a frame besides being cropped, moved and exposed a little differently. */
export type FrameFault = 'none' | 'blink' | 'defocus';

export interface BurstFrame {
  readonly fault: FrameFault;
  /** What the camera's clock showed, milliseconds since 1970. */
  readonly time: number;
  /** Model of the camera. */
  readonly camera: string;
  /** Exposure compensation that the camera wrote down, EV, where it was told to vary the exposure. */
  readonly bracket?: number;
}

export interface BurstPhoto {
  readonly path: string;
  /** px of the full-size photo: eyes that close in a blink. */
  readonly eyes: readonly Box[];
  /** Width of the face that is put out of focus, px. */
  readonly faceWidth: number;
}

/** Share of each side that a frame may lose at most, and the exposure that it may differ by, EV. */
const most = { crop: 0.06, exposure: 0.4 };
/** Of a face's width: the sigma of the blur that puts it out of focus. */
const defocus = 0.035;

/**
 * Writes one frame.
 * @param closedEye a picture of a closed eye, about square; for a blink
 * @param random uniform in [0, 1)
 */
export async function writeBurstFrame(
  photo: BurstPhoto, frame: BurstFrame, closedEye: string | undefined, random: () => number, target: string,
): Promise<void> {
  const whole = sharp(photo.path).autoOrient().flatten().toColourspace('srgb');
  const { data, info } = await whole.raw().toBuffer({ resolveWithObject: true });
  let image = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  if (frame.fault === 'blink' && closedEye !== undefined) image = await withClosedEyes(image, photo.eyes, closedEye);
  if (frame.fault === 'defocus') image = await again(image.blur(Math.max(0.6, photo.faceWidth * defocus)));
  const [left, top, right, bottom] = [random(), random(), random(), random()].map((part) => part * most.crop);
  const stops = frame.bracket ?? (2 * random() - 1) * most.exposure;
  await image
    .extract({
      left: Math.floor((left ?? 0) * info.width), top: Math.floor((top ?? 0) * info.height),
      width: Math.floor((1 - (left ?? 0) - (right ?? 0)) * info.width), height: Math.floor((1 - (top ?? 0) - (bottom ?? 0)) * info.height),
    })
    // The encoded value goes with the power 1 / 2.2 of the light.
    .linear(2 ** (stops / 2.2), 0)
    .withExif(exifOf(frame))
    .jpeg({ quality: 92 })
    .toFile(target);
}

function exifOf({ time, camera, bracket }: BurstFrame): { IFD0: Record<string, string>; IFD2: Record<string, string> } {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  return {
    IFD0: { Make: 'Test', Model: camera },
    IFD2: {
      DateTimeOriginal: `${date.replaceAll('-', ':')} ${clock.slice(0, 8)}`,
      SubSecTimeOriginal: clock.slice(9, 12),
      ...(bracket === undefined ? {} : { ExposureMode: '2', ExposureBiasValue: `${String(Math.round(bracket * 100))}/100` }),
    },
  };
}

/** Lays a closed eye over each eye, in the colour and contrast of the skin around it, its border faded out. */
async function withClosedEyes(image: Sharp, eyes: readonly Box[], closedEye: string): Promise<Sharp> {
  const { width: photoWidth, height: photoHeight } = await image.metadata();
  const layers = [];
  for (const eye of eyes) {
    const side = eye.width * 0.8;
    const box = clipBox(
      { x: eye.x + (eye.width - side) / 2, y: eye.y + (eye.height - side) / 2, width: side, height: side }, photoWidth, photoHeight,
    );
    const place = { left: Math.round(box.x), top: Math.round(box.y), width: Math.floor(box.width), height: Math.floor(box.height) };
    if (place.width < 4 || place.height < 4) continue;
    layers.push({ input: await patchFor(image, place, closedEye), left: place.left, top: place.top });
  }
  return layers.length === 0 ? image : again(image.clone().composite(layers));
}

async function patchFor(
  image: Sharp, place: { readonly left: number; readonly top: number; readonly width: number; readonly height: number }, closedEye: string,
): Promise<Buffer> {
  const under = await (await again(image.clone().extract(place))).stats();
  const lid = await sharp(closedEye).toColourspace('b-w').resize(place.width, place.height, { fit: 'fill' }).toColourspace('b-w')
    .raw().toBuffer();
  const mean = lid.reduce((sum, value) => sum + value, 0) / lid.length;
  const pixels = Buffer.alloc(place.width * place.height * 4);
  for (let at = 0; at < place.width * place.height; at += 1) {
    const x = (2 * ((at % place.width) + 0.5)) / place.width - 1;
    const y = (2 * (Math.floor(at / place.width) + 0.5)) / place.height - 1;
    const shade = byteAt(lid, at) / Math.max(1, mean);
    for (let channel = 0; channel < 3; channel += 1) {
      pixels[at * 4 + channel] = Math.min(255, shade * (under.channels[channel]?.mean ?? 0) * 1.1);
    }
    pixels[at * 4 + 3] = Math.round(255 * Math.min(1, Math.max(0, 4 * (1 - Math.hypot(x, y)))));
  }
  return sharp(pixels, { raw: { width: place.width, height: place.height, channels: 4 } }).png().toBuffer();
}

/** Several operations of one pipeline are not done in the order in which they are written; those of two are. */
async function again(image: Sharp): Promise<Sharp> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
}
