/**
 * A photo as it stands in an HTML report: two blocks of inert data. Names and messages never become markup.
 */
import type { FacePreview, FaceResult, PhotoResult } from '../../core/result.js';
import type { Meter } from '../../core/stage.js';
import { strictest } from '../../core/verdict.js';
import { faceStages } from '../../pipeline/face-stages.js';
import { timeText } from '../csv.js';
import type { FaceData, MeterData, PhotoData } from './data.js';

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

/** What the page is told of a photo. */
export function photoData(result: PhotoResult): PhotoData {
  const { photo, status, width, height, verdict, reasons, error, file } = result;
  return {
    photo, status, width, height, verdict, reasons,
    ...(error === undefined ? {} : { error }),
    ...(file === undefined ? {} : { file: [file.size, timeText(file.modified)] }),
    faces: result.faces.map(faceData),
  };
}

function faceData(face: FaceResult): FaceData {
  const { box, bystander, reasons } = face;
  return {
    box: [Math.round(box.x), Math.round(box.y), Math.round(box.width), Math.round(box.height)],
    meters: faceStages.flatMap(({ page }) => page.meters(face)).map(meterData),
    ranks: Object.fromEntries(faceStages.flatMap(({ page: { order } }) => {
      const rank = order?.rank(face);
      return order === undefined || rank === undefined ? [] : [[order.value, rounded(rank, 4)]];
    })),
    tone: strictest(reasons.map(({ verdict }) => verdict)),
    bystander,
    reasons: reasons.map(({ text }) => text),
  };
}

function meterData(meter: Meter): MeterData {
  return meter.share === undefined ? meter : { ...meter, share: rounded(meter.share, 3) };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
