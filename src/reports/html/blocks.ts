/**
 * A photo as it stands in an HTML report: two blocks of inert data. Names and messages never become markup.
 */
import type { EyeResult, FacePreview, FaceResult, PhotoResult } from '../../core/result.js';
import type { EyeData, FaceData, PhotoData } from './data.js';

/**
 * JSON that can stand inside a `script` element: without `<` nothing can close the element or open a comment in it.
 */
export function inertJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Text that can stand between tags and in quoted attributes. */
export function escapedText(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/**
 * The blocks of one photo: what was found as JSON, then its pictures as lines of base64 JPEG (the photo; then face, left
 * eye and right eye of each face; an empty line where there is no picture).
 */
export function photoBlocks(result: PhotoResult): string {
  const { preview } = result;
  const pictures = preview === undefined
    ? []
    : [preview.thumbnail, ...result.faces.flatMap((_, index) => facePictures(preview.faces[index]))];
  return `<script type="application/json" class="photo">${inertJson(photoData(result))}</script>\n` +
    `<script type="text/plain" class="pictures">${pictures.map(base64).join('\n')}</script>\n`;
}

function facePictures(face: FacePreview | undefined): (Uint8Array | undefined)[] {
  return [face?.face, face?.leftEye, face?.rightEye];
}

function base64(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function photoData(result: PhotoResult): PhotoData {
  const { photo, status, width, height, verdict, reasons, error } = result;
  return {
    photo, status, width, height, verdict, reasons,
    ...(error === undefined ? {} : { error }),
    faces: result.faces.map(faceData),
  };
}

function faceData(face: FaceResult): FaceData {
  const { box, eyes, blur, bystander, reasons } = face;
  return {
    box: [Math.round(box.x), Math.round(box.y), Math.round(box.width), Math.round(box.height)],
    eyes,
    left: eyeData(face.leftEye),
    right: eyeData(face.rightEye),
    sharpness: rounded(blur.sharpness, 1),
    blur: blur.verdict,
    bystander,
    reasons,
  };
}

function eyeData(eye: EyeResult): EyeData {
  return {
    state: eye.state,
    ...(eye.open === undefined ? {} : { open: rounded(eye.open, 3) }),
    ...(eye.reason === undefined ? {} : { reason: eye.reason }),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
