/**
 * How a photo's reasons say which faces they are about: `face 2: eyes closed`, `faces 2, 5, 8: face blurred`.
 */

/** A reason of a photo, and the faces that it is about. */
export interface FaceReason {
  /** Numbers from 1; none where it is about the photo, or about its only face. */
  readonly faces: readonly number[];
  readonly text: string;
}

/**
 * A photo's reasons from what is said of each of its faces, in the order in which things are said first. What is said of several
 * faces is said once, so that what stands against a class photo can be read. Where there is one face only, its number goes without saying.
 */
export function numberedReasons(ofFaces: readonly (readonly string[])[]): string[] {
  const faces = new Map<string, number[]>();
  for (const [index, reasons] of ofFaces.entries()) {
    for (const text of reasons) faces.set(text, [...faces.get(text) ?? [], index + 1]);
  }
  if (ofFaces.length === 1) return [...faces.keys()];
  return [...faces].map(([text, numbers]) => `${numbers.length === 1 ? 'face' : 'faces'} ${numbers.join(', ')}: ${text}`);
}

/** Reads what `numberedReasons` wrote. */
export function readReason(reason: string): FaceReason {
  const [said, numbers = ''] = /^faces? (\d+(?:, \d+)*): /.exec(reason) ?? [''];
  return { faces: numbers === '' ? [] : numbers.split(', ').map(Number), text: reason.slice(said.length) };
}

/** What a reason is about in general: `face 3: eyes not visible: profile` is about `eyes not visible`. */
export function topicOf(reason: string): string {
  return readReason(reason).text.split(':')[0] ?? reason;
}
