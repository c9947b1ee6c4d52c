/**
 * Which frame of a scene is the best, and why: all the eyes that matter open, then the faces sharpest, then most faces.
 */
import type { SceneOfPhoto } from '../core/capture.js';
import type { FaceResult, PhotoResult } from '../core/result.js';

/** Sharpness, 0 to 100, by which two frames have to differ for anybody to see it. */
const visible = 5;

/** What is compared of a frame. */
interface Merits {
  readonly result: PhotoResult;
  /** Faces that matter whose eyes, or one of them, are closed. */
  readonly closed: number;
  /** Faces that matter and are lost: closed eyes, or so soft that nobody sees them. */
  readonly lost: number;
  /** Those whose eyes may be closed or cannot be seen, for what reason ever. */
  readonly doubtful: number;
  /** Of the softest face that matters, 0 to 100. */
  readonly sharpness: number;
  /** Faces that matter. */
  readonly faces: number;
}

/**
 * Place and reason of each frame of a scene, in the order of the frames.
 * @param results at least one
 * @param bracket whether they are a series of exposures
 */
export function describeScene(results: readonly PhotoResult[], bracket: boolean): Pick<SceneOfPhoto, 'rank' | 'reason'>[] {
  if (bracket) return results.map(() => ({ rank: undefined, reason: `exposure bracket of ${String(results.length)}: all frames belong together` }));
  const frames = results.map(meritsOf);
  const ranked = rankFrames(frames);
  const [best] = ranked;
  return frames.map((frame) => ({
    rank: ranked.indexOf(frame) + 1,
    reason: best === undefined || frame === best ? praise(frame, frames) : lack(frame, best),
  }));
}

function meritsOf(result: PhotoResult): Merits {
  const faces = result.faces.filter(({ bystander }) => !bystander);
  const count = (...states: readonly string[]): number => faces.filter(({ measured }) => states.includes(measured.classify.state)).length;
  const isClosed = ({ measured: { classify: { state } } }: FaceResult): boolean => ['closed', 'one_closed'].includes(state);
  return {
    result,
    closed: faces.filter(isClosed).length,
    lost: faces.filter((face) => isClosed(face) || face.measured.blur.verdict === 'blurred').length,
    doubtful: count('unsure', 'unknown'),
    sharpness: faces.length === 0 ? 0 : Math.min(...faces.map(sharpnessOf)),
    faces: faces.length,
  };
}

function sharpnessOf({ measured }: FaceResult): number {
  return measured.blur.sharpness;
}

/** The best first; of frames that are equally good, the earlier one. */
function rankFrames(frames: readonly Merits[]): Merits[] {
  const left = [...frames];
  const ranked: Merits[] = [];
  while (left.length > 0) {
    const best = bestOf(left);
    ranked.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return ranked;
}

/** @param frames at least one */
function bestOf(frames: readonly Merits[]): Merits {
  const withFaces = keepLeast(frames, ({ faces }) => Number(faces === 0));
  // Where nobody is well, fewer faces were found, too: few are lost there, and it is not for that the best.
  const well = keepLeast(withFaces, ({ lost, faces }) => Number(lost === faces));
  const open = keepLeast(keepLeast(keepLeast(well, ({ lost }) => lost), ({ closed }) => closed), ({ doubtful }) => doubtful);
  const sharpest = Math.max(...open.map(({ sharpness }) => sharpness));
  const sharp = open.filter(({ sharpness }) => sharpness >= sharpest - visible);
  const full = keepLeast(sharp, ({ faces }) => -faces);
  const [best] = keepLeast(full, ({ sharpness }) => -sharpness);
  if (best === undefined) throw new Error('A scene has no frames.');
  return best;
}

function keepLeast(frames: readonly Merits[], value: (frame: Merits) => number): Merits[] {
  const least = Math.min(...frames.map(value));
  return frames.filter((frame) => value(frame) === least);
}

function praise(best: Merits, frames: readonly Merits[]): string {
  const said = [
    eyesSaid(best, frames),
    frames.some(({ sharpness }) => sharpness < best.sharpness - visible) ? `sharpest (${String(Math.round(best.sharpness))})` : '',
    frames.some(({ faces }) => faces < best.faces) ? `most faces (${String(best.faces)})` : '',
  ];
  return `best of ${String(frames.length)}: ${said.filter((text) => text !== '').join(', ')}`;
}

function eyesSaid(best: Merits, frames: readonly Merits[]): string {
  if (best.faces === 0) return 'no face in any frame';
  if (best.lost + best.doubtful === 0) return 'all eyes open';
  if (frames.every(({ closed }) => closed >= best.closed)) return 'fewest eyes closed';
  return `${String(best.faces - best.lost)} of ${String(best.faces)} faces neither blurred nor with closed eyes`;
}

/** What the best frame has before another one. */
function lack(frame: Merits, best: Merits): string {
  const than = `than ${best.result.photo.split('/').at(-1) ?? ''}`;
  if (frame.faces === 0 && best.faces > 0) return `no face found; ${String(best.faces)} in ${best.result.photo.split('/').at(-1) ?? ''}`;
  if (frame.closed > best.closed) return `more eyes closed ${than}${facesSaid(frame)}`;
  if (frame.sharpness < best.sharpness - visible) return `softer ${than}: ${String(Math.round(frame.sharpness))} against ${String(Math.round(best.sharpness))}`;
  if (frame.lost > best.lost) return `more faces blurred or eyes closed ${than}`;
  if (frame.doubtful > best.doubtful) return `fewer eyes surely open ${than}${facesSaid(frame)}`;
  if (frame.faces < best.faces) return `fewer faces ${than}: ${String(frame.faces)} against ${String(best.faces)}`;
  return `no better ${than}`;
}

/** Which faces it is about, where there are several. */
function facesSaid({ result }: Merits): string {
  if (result.faces.length < 2) return '';
  const numbers = result.faces.flatMap(({ bystander, measured }, index) =>
    (bystander || measured.classify.state === 'open' ? [] : [String(index + 1)]));
  return `: face ${numbers.join(', ')}`;
}
