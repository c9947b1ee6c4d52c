/**
 * Faces at 100 %, eyes in the middle: one of a photo, or the same person's of several.
 */
import type { ReportData } from '../../reports/html/data.js';
import { element } from '../../reports/html/page/dom.js';
import { meters, reasonLine } from '../../reports/html/page/face.js';
import type { ReviewFace } from '../data.js';
import { partAt } from './api.js';

/** px of the screen. */
const faceSide = 240;
/** Of an eye's picture: its width in shares of the face's. */
const eyeShare = 0.36;

/** A picture of a face in full pixels, the point between the eyes in its middle. */
export function faceAt100(id: number, face: ReviewFace, label: string): HTMLElement {
  const side = faceSide * devicePixelRatio;
  const [x, y] = face.look;
  const image = element('img', { src: partAt(id, x - side / 2, y - side / 2, side, side), alt: label, draggable: 'false', decoding: 'async' });
  // At the photo's edge there is less; what there is keeps its size.
  image.addEventListener('load', () => {
    image.style.width = `${String(image.naturalWidth / devicePixelRatio)}px`;
    image.style.height = `${String(image.naturalHeight / devicePixelRatio)}px`;
  });
  return element('div', { class: 'face-100' }, image);
}

/** What was measured of a face, and what speaks against it. */
export function faceFacts(id: number, face: ReviewFace, report: ReportData): HTMLElement[] {
  return [...meters(face, eyePictures(id, face), report), reasonLine(face, report)];
}

function eyePictures(id: number, { look: [x, y], box: [, , width], leftEye, rightEye }: ReviewFace): { face: undefined; leftEye: string; rightEye: string } {
  const eye = width * eyeShare;
  const around = ([middle, level]: readonly [number, number]): string => partAt(id, middle - eye / 2, level - eye / 3, eye, (eye * 2) / 3);
  // Where they are in most faces, unless it is known; the person's left eye is on the right in the photo.
  const guess = (side: number): readonly [number, number] => [x + side * width * 0.2, y];
  return { face: undefined, leftEye: around(leftEye ?? guess(1)), rightEye: around(rightEye ?? guess(-1)) };
}
