/**
 * Reads the data blocks of the page.
 */
import type { FaceData, PhotoData, ReportData } from '../data.js';

/** Pictures of a face as data URLs; undefined where there is none. */
export interface FacePictures {
  readonly face: string | undefined;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** A photo with what the page sorts and filters by. */
export interface Photo extends PhotoData {
  /** Position in the report. */
  readonly index: number;
  /** Lowest probability of an open eye among the faces that decide, 0 to 1; undefined where no eye was seen. */
  readonly worstEye: number | undefined;
  /** Lowest sharpness among the faces that decide, 0 to 100. */
  readonly softest: number | undefined;
  /** Share of the photo that the largest face covers, 0 to 1. */
  readonly faceShare: number;
  /** The reasons without the numbers of faces, each once. */
  readonly topics: readonly string[];
  thumbnail(): string | undefined;
  pictures(face: number): FacePictures;
}

/** What the report says of itself. */
export function readReport(): ReportData {
  return JSON.parse(document.getElementById('report')?.textContent ?? '');
}

/** All photos, in report order. Their pictures stay text in the page until somebody looks. */
export function readPhotos(): Photo[] {
  const pictures = document.querySelectorAll('script.pictures');
  return [...document.querySelectorAll('script.photo')].map((block, index) => {
    const data: PhotoData = JSON.parse(block.textContent);
    const picture = (line: number): string | undefined => dataUrl(pictures[index]?.textContent.split('\n')[line]);
    return {
      ...data,
      index,
      ...scores(data),
      topics: [...new Set(data.error === undefined ? data.reasons.map(topicOf) : ['cannot be read'])],
      thumbnail: () => picture(0),
      pictures: (face) => ({ face: picture(1 + face * 3), left: picture(2 + face * 3), right: picture(3 + face * 3) }),
    };
  });
}

/** How a face is drawn: what speaks against it. */
export function faceTone(face: FaceData): 'keep' | 'review' | 'reject' {
  if (face.eyes === 'closed' || face.blur === 'blurred') return 'reject';
  return face.reasons.length > 0 ? 'review' : 'keep';
}

function dataUrl(base64: string | undefined): string | undefined {
  return base64 === undefined || base64 === '' ? undefined : `data:image/jpeg;base64,${base64}`;
}

function scores(data: PhotoData): Pick<Photo, 'worstEye' | 'softest' | 'faceShare'> {
  const deciding = data.faces.filter((face) => !face.bystander);
  const eyes = deciding.flatMap((face) => [face.left.open, face.right.open]).filter((open) => open !== undefined);
  const [, , width = 0, height = 0] = data.faces[0]?.box ?? [];
  return {
    worstEye: lowest(eyes),
    softest: lowest(deciding.map((face) => face.sharpness)),
    faceShare: data.width > 0 ? (width * height) / (data.width * data.height) : 0,
  };
}

function lowest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

/** `face 3: eyes not visible: profile` is about `eyes not visible`. */
function topicOf(reason: string): string {
  return reason.replace(/^face \d+: /, '').split(':')[0] ?? reason;
}
