/**
 * Photos that are drawn, and a finder of faces that finds what it is told to: what happens between the two is tested without nets.
 */
import sharp from 'sharp';
import type { Face } from '../../src/core/face.js';
import type { Box, Raster } from '../../src/core/raster.js';
import type { FaceFinder } from '../../src/detect/faces.js';
import { decodePhoto, openBytes, shrinkFor, type DecodedPhoto, type OpenPhoto } from '../../src/image/decode.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { frontalLandmarks } from '../support/views.js';

/** A PNG that is black at its left, red at its right, and the greener the lower. */
export async function gradient(width: number, height: number): Promise<Buffer> {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i += 1) {
    data[3 * i] = Math.floor((256 * (i % width)) / width);
    data[3 * i + 1] = Math.floor((256 * Math.floor(i / width)) / height);
  }
  return sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 1 }).toBuffer();
}

/** A gray JPEG. */
export async function plain(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#777' } }).jpeg().toBuffer();
}

/** A photo as a run opens it: with 3000 px or more on its longer side it is shrunk. */
export async function opened(bytes: Buffer): Promise<{ photo: OpenPhoto; whole: DecodedPhoto }> {
  const { image } = loadConfig();
  const photo = await openBytes(bytes, image);
  return { photo, whole: await decodePhoto(photo, shrinkFor(photo, image.decode_side)) };
}

/** A face that looks at the camera, px of the picture that it is found in. */
export function faceAt(x: number, y: number, width: number, height = width, score = 0.9): Face {
  const box: Box = { x, y, width, height };
  return { box, score, landmarks: frontalLandmarks(box) };
}

/** Finds the first list of faces at its first look, the second at its second, and nothing after that; takes 2 ms for each net. */
export class StubFinder implements FaceFinder {
  /** What it was shown. */
  readonly shown: Raster[] = [];
  released = 0;

  /** @param smallest width of the smallest faces that it would find, in longer sides of the picture */
  constructor(private readonly looks: readonly (readonly Face[])[], readonly smallest = 0.01) {}

  find: FaceFinder['find'] = (image, onTime) => {
    this.shown.push(image);
    onTime?.('detect', 2);
    onTime?.('landmarks', 2);
    return Promise.resolve([...this.looks[this.shown.length - 1] ?? []]);
  };

  release(): Promise<void> {
    this.released += 1;
    return Promise.resolve();
  }
}
