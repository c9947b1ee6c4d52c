/**
 * The four test beds: what is done to the photos, and what a score should say then.
 */
import { composite, brightness, contrast, defocus, gaussian, gray, motion, noise } from './degrade.js';
import sharp from 'sharp';
import { fromRaster, toRaster } from './photos.js';

/** Side in px at which blur widths are given: "face size". */
export const faceSide = 112;
export const sigmas = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4];
export const motionLengths = [3, 5, 7, 11, 15];
export const motionAngles = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => k * Math.PI / 8);
export const discRadii = [1, 2, 3, 4, 5, 6];

/** px of the photo per px of the face at face size; a smaller face is blurred by as many of its own px. */
export const pixelScale = (box) => Math.max(1, box.width / faceSide);

/** Graded blur: items with kind, width (px at face size), angle and image. */
export function graded(face) {
  const image = gray(face.image);
  const scale = pixelScale(face.box);
  return [
    { kind: 'none', width: 0, image },
    ...sigmas.map((width) => ({ kind: 'gaussian', width, image: gaussian(image, width * scale) })),
    ...motionAngles.flatMap((angle) =>
      motionLengths.map((width) => ({ kind: 'motion', width, angle, image: motion(image, width * scale, angle) }))),
    ...discRadii.map((width) => ({ kind: 'defocus', width, image: defocus(image, width * scale) })),
  ];
}

/** Whether a blur is as wide as a Gaussian of sigma 2: the standard deviation of a line is L / sqrt 12, of a disc R / 2. */
export function isWide({ kind, width }) {
  if (kind === 'gaussian') return width >= 2;
  if (kind === 'motion') return width / Math.sqrt(12) >= 2;
  return kind === 'defocus' && width / 2 >= 2;
}

const scaleBox = ({ x, y, width, height }, f) => ({ x: x * f, y: y * f, width: width * f, height: height * f });

/** Changes that are not blur: name and a function from a face to the changed face. */
export const changes = [
  ...[0.5, 0.7, 1.4, 2].map((factor) => ({ name: `resized ${factor}x`, apply: (face) => resize(face, factor) })),
  ...[1, 2, 3, 4, 5].map((deviation) => ({
    name: `noise ${deviation}`, apply: (face, seed) => ({ ...face, image: noise(face.image, deviation, seed) }) })),
  ...[0.7, 1.3].map((factor) => ({
    name: `contrast ${factor}`, apply: (face) => ({ ...face, image: contrast(face.image, factor) }) })),
  ...[0.7, 1.3].map((factor) => ({
    name: `brightness ${factor}`, apply: (face) => ({ ...face, image: brightness(face.image, factor) }) })),
  ...[95, 85, 75, 60].map((quality) => ({ name: `JPEG ${quality}`, apply: (face) => jpeg(face, quality) })),
  { name: 'black and white', apply: (face) => ({ ...face, image: gray(face.image) }) },
];

/** The face with `factor` times as many px a side. */
export async function resize(face, factor) {
  const width = Math.round(face.image.width * factor);
  const height = Math.round(face.image.height * factor);
  const image = await toRaster(fromRaster(face.image).resize(width, height, { fit: 'fill' }));
  return { ...face, image, box: scaleBox(face.box, factor), eyes: face.eyes?.map((eye) => scaleBox(eye, factor)) };
}

async function jpeg(face, quality) {
  const bytes = await fromRaster(face.image).jpeg({ quality }).toBuffer();
  return { ...face, image: await toRaster(sharp(bytes)) };
}

/** Sharp and blurred face on a blurred and a sharp background. */
export function composites(face) {
  const image = gray(face.image);
  const scale = pixelScale(face.box);
  const soft = gaussian(image, 3 * scale);
  const softer = gaussian(image, 6 * scale);
  return [
    { label: 1, name: 'sharp face, blurred background', image: composite(image, softer, face.box) },
    { label: 0, name: 'blurred face, sharp background', image: composite(soft, image, face.box) },
  ];
}
