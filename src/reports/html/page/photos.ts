/**
 * Reads the data blocks of the page.
 */
import { topicOf } from '../../../core/face-reason.js';
import type { PhotoData, ReportData } from '../data.js';

/** Pictures of a face as data URLs; undefined where there is none. */
export interface FacePictures {
  readonly face: string | undefined;
  readonly leftEye: string | undefined;
  readonly rightEye: string | undefined;
}

/** A photo with what the page sorts and filters by. */
export interface Photo extends PhotoData {
  /** Position in the report. */
  readonly index: number;
  /** By order of the report: the lowest rank among the faces that decide; left out where none says anything. */
  readonly ranks: ReadonlyMap<string, number>;
  /** Share of the photo that the largest face covers, 0 to 1. */
  readonly faceShare: number;
  /** The reasons without the numbers of faces, each once. */
  readonly topics: readonly string[];
  thumbnail(): string | undefined;
  pictures(face: number): FacePictures;
}

function isReport(value: unknown): value is ReportData {
  return typeof value === 'object' && value !== null && 'title' in value && 'orders' in value;
}

function isPhoto(value: unknown): value is PhotoData {
  return typeof value === 'object' && value !== null && 'photo' in value && 'faces' in value;
}

/** What the report says of itself. */
export function reportInPage(): ReportData {
  const report: unknown = JSON.parse(document.getElementById('report')?.textContent ?? '');
  if (!isReport(report)) throw new Error('This page does not say what it is a report of.');
  return report;
}

/** All photos, in report order. Their pictures stay text in the page until somebody looks. */
export function readPhotos(): Photo[] {
  const pictures = document.querySelectorAll('script.pictures');
  return [...document.querySelectorAll('script.photo')].map((block, index) => {
    const data: unknown = JSON.parse(block.textContent);
    if (!isPhoto(data)) throw new Error(`Photo ${String(index + 1)} of this page cannot be read.`);
    const picture = (line: number): string | undefined => dataUrl(pictures[index]?.textContent.split('\n')[line]);
    return {
      ...data,
      index,
      ...scores(data),
      topics: [...new Set(data.error === undefined ? data.reasons.map(topicOf) : ['cannot be read'])],
      thumbnail: () => picture(0),
      pictures: (face) => ({ face: picture(1 + face * 3), leftEye: picture(2 + face * 3), rightEye: picture(3 + face * 3) }),
    };
  });
}

function dataUrl(base64: string | undefined): string | undefined {
  return base64 === undefined || base64 === '' ? undefined : `data:image/jpeg;base64,${base64}`;
}

function scores(data: PhotoData): Pick<Photo, 'ranks' | 'faceShare'> {
  const ranks = new Map<string, number>();
  for (const face of data.faces.filter(({ bystander }) => !bystander)) {
    for (const [order, rank] of Object.entries(face.ranks)) ranks.set(order, Math.min(rank, ranks.get(order) ?? rank));
  }
  const [, , width = 0, height = 0] = data.faces[0]?.box ?? [];
  return { ranks, faceShare: data.width > 0 ? (width * height) / (data.width * data.height) : 0 };
}
