/**
 * Finds the same person in the frames of a scene, by place and likeness. Only within a scene: nobody is recognized anywhere else.
 */
import type { FaceResult, PhotoResult } from '../core/result.js';
import { likeness, shapesOf, type Shapes } from './likeness.js';

/** Widths of a face that a person may move between two frames without any likeness being asked for, and with it. */
const reach = { unseen: 0.6, alike: 2.5 };
/** The likeness that a face needs that has moved further. */
const alike = 0.5;

interface Person {
  readonly number: number;
  face: FaceResult;
  shapes: Shapes | undefined;
}

/**
 * Numbers the faces of each frame by person: equal numbers are the same person.
 * @returns an array a frame, in the order of its faces; persons are counted from 0 in the order of their first frame
 */
export function matchPeople(frames: readonly PhotoResult[]): number[][] {
  const people: Person[] = [];
  return frames.map((frame) => numberFaces(frame.faces, people));
}

function numberFaces(faces: readonly FaceResult[], people: Person[]): number[] {
  const shapes = faces.map(({ look }) => (look === undefined ? undefined : shapesOf(look)));
  const pairs = faces.flatMap((face, index) => people.flatMap((person) => {
    const score = scoreOf(face, shapes[index], person);
    return score === undefined ? [] : [{ index, person, score }];
  })).sort((a, b) => b.score - a.score);
  const found = new Map<number, Person>();
  const taken = new Set<Person>();
  for (const { index, person } of pairs) {
    if (found.has(index) || taken.has(person)) continue;
    found.set(index, person);
    taken.add(person);
  }
  return faces.map((face, index) => {
    const person = found.get(index) ?? { number: people.length, face, shapes: shapes[index] };
    if (!found.has(index)) people.push(person);
    [person.face, person.shapes] = [face, shapes[index]];
    return person.number;
  });
}

/** Undefined where a face cannot be that person. */
function scoreOf(face: FaceResult, shapes: Shapes | undefined, person: Person): number | undefined {
  const [a, b] = [face.box, person.face.box];
  const across = a.x + a.width / 2 - b.x - b.width / 2;
  const down = a.y + a.height / 2 - b.y - b.height / 2;
  const moved = (2 * Math.hypot(across, down)) / (a.width + b.width);
  if (moved > reach.alike) return undefined;
  const same = shapes === undefined || person.shapes === undefined ? 0 : likeness(person.shapes, shapes);
  return moved <= reach.unseen || same >= alike ? same - moved / 4 : undefined;
}
