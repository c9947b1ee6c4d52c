/**
 * Puts frames of one moment together while results come in.
 *
 * A photo belongs to a scene where it looks like one of its last frames, and the more alike the more time lies between them.
 * A result goes on as soon as no later photo can join its scene, in the order in which it came: at most `mostWaiting` results
 * wait, and their scenes are final.
 */
import type { Capture, SceneOfPhoto } from '../core/capture.js';
import type { PhotoResult } from '../core/result.js';
import { describeScene } from './best.js';
import { isBracket, isOneBracket } from './bracket.js';
import { matchPeople } from './people.js';
import { likeness, shapesOf, type Shapes } from './likeness.js';

/**
 * The likeness that a photo needs to belong to a scene whose last frame is no further away than so many milliseconds. On 60
 * photos of WIDER FACE (the part to choose by): one photo twice, cropped by up to 12 % at each side and exposed differently, is
 * alike by 0.64 and more, two photos by 0.57 and less. Portraits of different people in one pose are more alike: a pair in two
 * hundred by 0.6, the most alike of 1,200 pairs by 0.67 (bench/likeness.js). Within one and a half seconds nobody changes the sitter.
 */
const needed: readonly { readonly within: number; readonly likeness: number }[] = [
  { within: 1500, likeness: 0.5 },
  { within: 10_000, likeness: 0.64 },
  { within: 60_000, likeness: 0.75 },
];
/** Exposures that differ by stops change what can be seen; the camera says that it took these frames in one go. */
const neededInBracket = 0.4;
/** The same where the time is not known: of photos that follow each other. */
const neededWithoutTime = 0.64;
const neighbours = 3;
/** Last frames of a scene that a photo is compared with. */
const compared = 4;
/** A photo that is more alike than needed by this much needs no further comparison. */
const beyondDoubt = 0.1;
/** Photos that may come between two frames of a scene: other cameras, whose photos are named in between. */
const between = 48;
/** Results that wait for their scene to end; a longer scene is cut. */
const mostWaiting = 256;

/** A result on its way. */
interface Frame {
  readonly result: PhotoResult;
  /** Place in the order of the results. */
  readonly index: number;
  readonly shapes: Shapes | undefined;
}

interface OpenScene {
  readonly frames: Frame[];
  closed: boolean;
  /** What is said of its frames, in their order: found out when its first photo goes on. */
  said: readonly SceneOfPhoto[] | undefined;
}

/** Takes results in report order, gives them on in the same order with their scenes. */
export class SceneGrouping {
  private readonly waiting: { readonly frame: Frame; readonly scene: OpenScene }[] = [];
  private open: OpenScene[] = [];
  private taken = 0;
  private numbered = 0;

  /** Adds a result. @returns the results that are ready now */
  take(result: PhotoResult): PhotoResult[] {
    const frame: Frame = {
      result, index: this.taken, shapes: result.look === undefined ? undefined : shapesOf(result.look),
    };
    this.taken += 1;
    this.closeBefore(frame);
    const scene = this.sceneOf(frame);
    scene.frames.push(frame);
    this.waiting.push({ frame, scene });
    if (this.waiting.length > mostWaiting) this.closeAll();
    return this.ready();
  }

  /** All results that still wait: nothing comes any more. */
  rest(): PhotoResult[] {
    this.closeAll();
    return this.ready();
  }

  private sceneOf(frame: Frame): OpenScene {
    let found: OpenScene | undefined;
    let best = 0;
    for (const scene of this.open) {
      const margin = marginIn(scene, frame);
      if (margin > best) [found, best] = [scene, margin];
    }
    if (found !== undefined) return found;
    const scene: OpenScene = { frames: [], closed: frame.shapes === undefined, said: undefined };
    if (!scene.closed) this.open.push(scene);
    return scene;
  }

  /** Closes scenes that neither this photo nor a later one can join. */
  private closeBefore(frame: Frame): void {
    this.open = this.open.filter((scene) => {
      const last = scene.frames.at(-1);
      scene.closed = last === undefined || isOver(last, frame);
      return !scene.closed;
    });
  }

  private closeAll(): void {
    for (const scene of this.open) scene.closed = true;
    this.open = [];
  }

  private ready(): PhotoResult[] {
    const count = this.waiting.findIndex(({ scene }) => !scene.closed);
    return this.waiting.splice(0, count < 0 ? this.waiting.length : count).map(({ frame, scene }) => this.finished(frame, scene));
  }

  private finished(frame: Frame, scene: OpenScene): PhotoResult {
    scene.said ??= this.describe(scene);
    const said = scene.said[scene.frames.indexOf(frame)];
    return said === undefined ? frame.result : { ...frame.result, scene: said };
  }

  private describe(scene: OpenScene): SceneOfPhoto[] {
    const shots = shotsOf(scene);
    if (shots.length === 1) return [];
    this.numbered += 1;
    const results = shots.flatMap(([first]) => first ?? []);
    const bracket = isBracket(results.map(({ capture = {} }) => capture));
    const said = describeScene(results, bracket);
    const people = matchPeople(scene.frames.map(({ result }) => result));
    return scene.frames.flatMap(({ result }, index) => {
      const found = said[shots.findIndex((shot) => shot.includes(result))];
      return found === undefined ? [] : [{ scene: this.numbered, frames: shots.length, people: people[index] ?? [], ...found }];
    });
  }
}

/** The frames of a scene, each with all its files; a RAW and its JPEG twin are one, judged by the one that comes first. */
function shotsOf({ frames }: OpenScene): PhotoResult[][] {
  const shots: PhotoResult[][] = [];
  const known = new Map<string, PhotoResult[]>();
  for (const { result } of frames) {
    const marks = marksOf(result);
    const twins = marks.map((mark) => known.get(mark)).find((each) => each !== undefined);
    const shot = twins ?? [];
    if (twins === undefined) shots.push(shot);
    shot.push(result);
    for (const mark of marks) known.set(mark, shot);
  }
  return shots;
}

/** What twins share: the name without its ending or, in two folders, that of the file, the moment and the camera. */
function marksOf({ photo, capture: { time, camera = '' } = {} }: PhotoResult): string[] {
  const name = photo.replace(/\.[^./]*$/, '');
  return time === undefined ? [name] : [name, `${name.slice(name.lastIndexOf('/') + 1)} ${String(time)} ${camera}`];
}

/** Whether a photo that comes after `last` shows that its scene is over. */
function isOver(last: Frame, frame: Frame): boolean {
  if (frame.index - last.index > between) return true;
  const gap = gapOf(last.result.capture, frame.result.capture);
  if (gap !== undefined) return isSameCamera(last, frame) && gap > longestGap;
  return frame.index - last.index > neighbours && last.result.capture?.time === undefined;
}

const longestGap = Math.max(...needed.map(({ within }) => within));

/** How much more alike than needed a photo is to one of the last frames of a scene; 0 or less: it does not belong there. */
function marginIn(scene: OpenScene, frame: Frame): number {
  const { shapes } = frame;
  const last = scene.frames.at(-1);
  if (shapes === undefined || last === undefined) return 0;
  const need = neededLikeness(last, frame);
  if (need === undefined) return 0;
  let best = 0;
  for (const other of scene.frames.slice(-compared).reverse()) {
    if (other.shapes !== undefined) best = Math.max(best, likeness(other.shapes, shapes) - need);
    if (best > beyondDoubt) break;
  }
  return best;
}

function neededLikeness(last: Frame, frame: Frame): number | undefined {
  const [before, now] = [last.result.capture ?? {}, frame.result.capture ?? {}];
  // A series of exposures is a scene of its own, whatever was taken before and after it.
  if ((before.bracketing ?? false) !== (now.bracketing ?? false)) return undefined;
  const gap = gapOf(before, now);
  if (gap === undefined) {
    const alike = before.time === undefined && now.time === undefined && frame.index - last.index <= neighbours;
    return alike ? neededWithoutTime : undefined;
  }
  if (isSameCamera(last, frame) && isOneBracket(before, now)) return neededInBracket;
  return needed.find(({ within }) => gap <= within)?.likeness;
}

function isSameCamera(a: Frame, b: Frame): boolean {
  return a.result.capture?.camera === b.result.capture?.camera;
}

/** Milliseconds between two photos; undefined where one has no time. */
function gapOf(a: Capture = {}, b: Capture = {}): number | undefined {
  return a.time === undefined || b.time === undefined ? undefined : Math.abs(b.time - a.time);
}
