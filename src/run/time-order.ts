/**
 * Two cameras at one feast have a folder each. Scenes are looked for among photos that follow each other, so photos of folders
 * whose times overlap are put in the order in which they were taken.
 */
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { PhotoFile } from '../core/result.js';
import { captureIn } from '../image/capture.js';

/** Files that are looked into at once. */
const atOnce = 16;

/** The photos of one folder that know when they were taken. */
interface Span {
  readonly places: readonly number[];
  readonly from: number;
  readonly to: number;
}

/**
 * The photos in the order of their names, but for those of folders whose times overlap, which take their places by time. Within a
 * folder the order of names stays. Photos of one folder are not looked into.
 */
export async function inTimeOrder(photos: readonly PhotoFile[]): Promise<readonly PhotoFile[]> {
  const folders = new Map<string, number[]>();
  for (const [place, { photo, part, content }] of photos.entries()) {
    if (part !== undefined || content !== undefined) continue;
    const places = folders.get(dirname(photo));
    if (places === undefined) folders.set(dirname(photo), [place]);
    else places.push(place);
  }
  if (folders.size < 2) return photos;
  const limit = pLimit(atOnce);
  const times = await Promise.all(photos.map(({ path, part, content }) => limit(async () =>
    (part === undefined && content === undefined ? (await captureIn(path)).time : undefined))));
  const spans = [...folders.values()].flatMap((places) => spanOf(places, times));
  const ordered = [...photos];
  for (const together of overlapping(spans)) {
    const places = together.flatMap((span) => span.places).sort((a, b) => a - b);
    const taken = together.flatMap((span) => inFolder(span.places, times)).sort((a, b) => a.time - b.time);
    for (const [index, place] of places.entries()) {
      const photo = photos[taken[index]?.place ?? place];
      if (photo !== undefined) ordered[place] = photo;
    }
  }
  return ordered;
}

function spanOf(places: readonly number[], times: readonly (number | undefined)[]): Span[] {
  const known = places.flatMap((place) => times[place] ?? []);
  if (known.length === 0) return [];
  return [{ places, from: known.reduce((a, b) => Math.min(a, b)), to: known.reduce((a, b) => Math.max(a, b)) }];
}

/** Folders that overlap, each with one of the others at least; those that stand alone are left out. */
function overlapping(spans: readonly Span[]): Span[][] {
  const groups: { to: number; readonly spans: Span[] }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = groups.at(-1);
    if (last !== undefined && span.from <= last.to) {
      last.spans.push(span);
      last.to = Math.max(last.to, span.to);
    } else groups.push({ to: span.to, spans: [span] });
  }
  return groups.map((group) => group.spans).filter((group) => group.length > 1);
}

/** A photo without a time, or with one before its neighbour's, comes with its neighbour. */
function inFolder(places: readonly number[], times: readonly (number | undefined)[]): { readonly place: number; readonly time: number }[] {
  let latest = -Infinity;
  return places.map((place) => {
    latest = Math.max(latest, times[place] ?? latest);
    return { place, time: latest };
  });
}
