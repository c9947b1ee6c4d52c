/**
 * The faces of a photo: a first look at the whole of it, a second one where that pays, and the landmark net's opinion.
 */
import { growBox, intersectionOverUnion, type Box, type Point, type Raster } from '../core/raster.js';
import type { EngineOptions } from './engine.js';
import { squareAround } from './face-net.js';
import { isSameFace, mergeLooks } from './non-max-suppression.js';
import { asksSecondOpinion, createDetector, createLandmarkNet } from './registry.js';
import { createSecondOpinion, type SecondOpinion } from './second-opinion.js';
import type { EyeLandmarks, Face, Landmarks } from '../core/face.js';
import type { Detection, Detector, LandmarkNet } from './types.js';

/** The `detect` section of the configuration. */
export interface DetectSettings {
  readonly detector: string;
  readonly landmarks: string;
  /** A detection below this score is not a face, 0 to 1. */
  readonly min_score: number;
  /** The landmark net must be this sure that it sees a face, 0 to 1. */
  readonly min_face_score: number;
  /** Whether to look again, closer, where faces are doubtful, small or not found. */
  readonly second_look: boolean;
  /** Whom to ask about small faces that the detector is unsure of. */
  readonly second_opinion: 'portrait' | 'none';
  /** Path of the portrait net, as a detector or for second opinions. */
  readonly portrait_model: string;
  /** In large groups, faces down to this share of the longer side are looked for, %. */
  readonly smallest: number;
}

/** Told how many milliseconds a net took, its input included. */
export type OnNetTime = (net: 'detect' | 'landmarks', milliseconds: number) => void;

/** Finds the faces of photos. Loads its nets once. One instance serves one caller at a time. */
export interface FaceFinder {
  /** Width of the smallest faces that are looked for, in longer sides of the photo. */
  readonly smallest: number;
  /** Faces with their landmarks, px of `image`, best first. */
  find(image: Raster, onTime?: OnNetTime): Promise<Face[]>;
  release(): Promise<void>;
}

/** With a second look: a detection of this share of the score that a face needs is worth it. */
const doubtfulShare = 2 / 3;
/** With a second look: a face that the landmark net is less sure of is looked at again. */
const sureFaceScore = 0.95;
/** Side of the window for another look at a doubtful face, in sides of its box. Detectors do best with some background. */
const zoom = 3;
/** Where else a landmark net may see the face of a doubtful box: in sizes of the box, and in shares of its sides. */
const nearby = [
  { size: 1.15, right: 0, down: 0 },
  { size: 0.87, right: 0, down: 0 },
  { size: 1, right: 0.08, down: 0 },
  { size: 1, right: -0.08, down: 0 },
  { size: 1, right: 0, down: 0.08 },
  { size: 1, right: 0, down: -0.08 },
] as const;
/** A photo has more doubtful faces than this only if it is a crowd of specks. */
const maxZooms = 16;
/** Sides of the windows around the photo when nothing was found in it, in longer sides of the photo. */
const borders = [1.4, 2.2];
/** The same around a photo that a face nearly fills. */
const narrowBorder = 1.3;
/** Share of the photo's longer side from which a face's box counts as filling the frame. */
const frameFilling = 0.45;
/** Side of a tile, in longer sides of the photo: two of them cover it with some overlap. */
const tileShare = 0.55;
/** Detectors miss faces below their own limit; where one is found that is less than this many times as large, look closer. */
const nearLimit = 1.5;

/** Where a face is smaller than this share of the longer side, or none was found, a second opinion is asked for. */
const smallShare = 0.06;
/** Sum of the detector's and the second opinion's scores from which a face is one, though neither is sure. */
const agreed = 0.85;
/** Both mean the same face where their boxes share this much of their union. */
const agreedOverlap = 0.35;
/** A face that is not where the second opinion sees one, this surely, and shares this part of its box with that one, is displaced. */
const likelyScore = 0.4;
const beside = 0.3;

/** So many small faces make a group: a single one is a bystander. */
const crowd = 3;
/** What of a group is smaller than its third smallest face is rarely smaller by more than this many times. */
const othersSmaller = 1.5;
/** No tile is smaller than this many sides of the net's input: there are no more pixels. */
const finestTile = 0.75;

/** @throws if a net's weights are not installed */
export async function createFaceFinder(settings: DetectSettings, options: EngineOptions = {}): Promise<FaceFinder> {
  const minScore = settings.second_look ? settings.min_score * doubtfulShare : settings.min_score;
  const [detector, landmarks, opinion] = await Promise.all([
    createDetector(settings.detector, { ...options, minScore, portrait: settings.portrait_model }),
    createLandmarkNet(settings.landmarks, options),
    // The net is no foreign one: there is no original of it for the other engine.
    asksSecondOpinion(settings) ? createSecondOpinion(settings.portrait_model, { ...options, engine: 'onnx' }) : undefined,
  ]);
  return {
    smallest: smallestSought(detector, settings),
    find: (image, onTime = () => undefined) => {
      const timed = async <T>(net: 'detect' | 'landmarks', run: () => Promise<T>): Promise<T> => {
        const start = performance.now();
        const result = await run();
        onTime(net, performance.now() - start);
        return result;
      };
      return new FaceSearch(
        { ...detector, detect: (whole, windows) => timed('detect', () => detector.detect(whole, windows)) },
        { ...landmarks, locate: (whole, found) => timed('landmarks', () => landmarks.locate(whole, found)) },
        opinion === undefined ? undefined : { ...opinion, look: (whole) => timed('detect', () => opinion.look(whole)) },
        settings,
      ).find(image);
    },
    release: async () => { await Promise.all([detector.release(), landmarks.release(), opinion?.release()]); },
  };
}

/**
 * The detector's own limit where it looks at the whole photo; with a second look that limit in a tile, for tiles are looked at wherever
 * faces are nearly as small as that, and `detect.smallest` where it goes further.
 */
function smallestSought({ smallestFace, inputSize }: Detector, { second_look: secondLook, smallest }: DetectSettings): number {
  const seen = smallestFace / inputSize;
  return secondLook ? Math.min(smallest / 100, tileShare * seen) : seen;
}

function isSure({ landmarks }: Face): boolean {
  return landmarks.faceScore >= sureFaceScore;
}

class FaceSearch {
  constructor(
    private readonly detector: Detector,
    private readonly landmarkNet: LandmarkNet,
    private readonly opinion: SecondOpinion | undefined,
    private readonly settings: DetectSettings,
  ) {}

  async find(image: Raster): Promise<Face[]> {
    const { min_score: minScore, min_face_score: minFaceScore, second_look: secondLook } = this.settings;
    const detections = await this.firstLook(image);
    const likely = await this.locate(image, detections.filter(({ score }) => score >= minScore));
    if (!secondLook) return likely.filter(({ landmarks }) => landmarks.faceScore >= minFaceScore);
    const sure = likely.filter(isSure);
    const doubtful = detections.filter(({ box }) => !sure.some((face) => isSameFace(face.box, box))).slice(0, maxZooms);
    const faces = mergeLooks([...sure, ...await this.zoomIn(image, doubtful)]);
    const found = await this.lookCloser(image, await this.lookFurther(image, faces));
    return this.opinion === undefined ? found : this.agree(image, found, this.opinion);
  }

  /**
   * Where faces are small: adds those that neither net is sure of but both see, and takes out those that the other net sees
   * beside where they are. Where people stand close, BlazeFace sees faces between two of them, and so then does FaceMesh.
   */
  private async agree(image: Raster, found: readonly Face[], opinion: SecondOpinion): Promise<Face[]> {
    const longest = Math.max(image.width, image.height);
    if (found.length > 0 && found.every(({ box }) => box.width >= smallShare * longest)) return [...found];
    const least = (this.settings.smallest / 100) * longest;
    const seen = mergeLooks(await opinion.look(image)).filter(({ box }) => box.width >= least);
    const agreed = await this.putTogether(image, found, seen);
    // Both together see a group where the detector saw one or two small faces, or larger ones: it has not been looked at closely.
    if (groupWidth(agreed, longest) * othersSmaller >= groupWidth(found, longest)) return agreed;
    return this.putTogether(image, await this.lookCloser(image, agreed), seen);
  }

  /** @param seen the second opinion */
  private async putTogether(image: Raster, found: readonly Face[], seen: readonly Detection[]): Promise<Face[]> {
    const displaced = found.filter(({ box }) => !seen.some((face) => isAgreed(face.box, box))
      && seen.some((face) => face.score >= likelyScore && sharedPart(face.box, box) > beside));
    const kept = found.filter((face) => !displaced.includes(face));
    const faces = [...kept, ...await this.seconded(image, seen.filter(({ box }) => !kept.some((face) => isSameFace(face.box, box))))];
    // Where nothing was found before, one or two are no group.
    if (found.length === 0 && faces.length < crowd) return [];
    const alone = displaced.filter(({ box }) => !faces.some((face) => sharedPart(face.box, box) > beside));
    return [...faces, ...alone].sort((a, b) => b.score - a.score);
  }

  /** Those of the second opinion's doubtful faces that the detector sees as well, if looked at in tiles. */
  private async seconded(image: Raster, doubtful: readonly Detection[]): Promise<Face[]> {
    const windows = this.tiles(image).filter((tile) => doubtful.some(({ box }) => holdsCenter(tile, box)));
    const seen = windows.length === 0 ? [] : mergeLooks(await this.detector.detect(image, windows));
    return this.locate(image, doubtful.flatMap((face) => {
      const same = seen.find(({ box }) => isAgreed(box, face.box));
      const sum = face.score + (same?.score ?? 0);
      return sum < agreed ? [] : [{ ...(same ?? face), score: sum / 2 }];
    }));
  }

  /**
   * The whole photo. Of a face that nearly fills the frame, detectors trained on people at some distance see parts, with
   * confidence; with a border around the photo they see it whole.
   */
  private async firstLook(image: Raster): Promise<Detection[]> {
    const detections = await this.detector.detect(image);
    const whole = squareAround(image);
    const large = detections.filter(({ box }) => box.width > frameFilling * whole.width);
    if (large.length === 0 || !this.settings.second_look) return detections;
    const bordered = await this.detector.detect(image, [growBox(whole, narrowBorder)]);
    const replaced = large.filter(({ box }) => bordered.some((face) => isSameFace(face.box, box)));
    return mergeLooks([...bordered, ...detections.filter((face) => !replaced.includes(face))]);
  }

  /** Adds what other windows show. With less to go on than the first look has, only what is beyond doubt counts. */
  private async lookFurther(image: Raster, faces: readonly Face[]): Promise<Face[]> {
    const seen = await this.unknownIn(image, this.furtherWindows(image, faces), faces);
    const news = await this.locate(image, seen.filter(({ score }) => score >= this.settings.min_score));
    return mergeLooks([...faces, ...news.filter(isSure)]);
  }

  /**
   * Smaller and smaller tiles, as long as several of the faces found are so small that others like them, or somewhat smaller,
   * may have been missed: a large group.
   */
  private async lookCloser(image: Raster, faces: readonly Face[]): Promise<Face[]> {
    const { inputSize, smallestFace } = this.detector;
    const longest = Math.max(image.width, image.height);
    const visible = (width: number): number => (width * inputSize) / (nearLimit * smallestFace);
    const finest = Math.max(visible((this.settings.smallest / 100) * longest), finestTile * inputSize);
    let found = [...faces];
    for (let side = tileShare * longest; side > finest;) {
      // Where nothing was found, everybody may be smaller than what could be seen so far.
      const needed = found.length === 0 ? finest : visible(groupWidth(found, longest) / othersSmaller);
      if (needed > 0.85 * side) break;
      side = Math.max(finest, needed);
      const seen = await this.unknownIn(image, tilesOf(image, side, overlapOf(side)), found);
      const likely = await this.locate(image, seen.filter(({ score }) => score >= this.settings.min_score));
      const sure = likely.filter(isSure);
      // Where nothing was found before, one or two specks are no group.
      if (found.length + sure.length < crowd) break;
      // Among many, what may be a face more often is one.
      const doubtful = seen.filter(({ box }) => !sure.some((face) => isSameFace(face.box, box)));
      found = mergeLooks([...found, ...sure, ...await this.zoomIn(image, doubtful.slice(0, 2 * maxZooms))]);
    }
    return found;
  }

  /** What the windows show beside `known`. */
  private async unknownIn(image: Raster, windows: readonly Box[], known: readonly Face[]): Promise<Detection[]> {
    if (windows.length === 0) return [];
    const detections = mergeLooks(await this.detector.detect(image, windows));
    return detections.filter(({ box }) => !known.some((face) => isSameFace(face.box, box)));
  }

  /** Looks at each doubtful face by itself. Both nets now have to find it. */
  private async zoomIn(image: Raster, doubtful: readonly Detection[]): Promise<Face[]> {
    if (doubtful.length === 0) return [];
    const seen = await this.detector.detect(image, doubtful.map(({ box }) => growBox(box, zoom)));
    const again = mergeLooks(seen).filter(({ box, score }) =>
      score >= this.settings.min_score && doubtful.some((face) => isSameFace(face.box, box)));
    const faces = await this.locate(image, again);
    const { min_face_score: enough } = this.settings;
    const isFace = ({ landmarks }: Face): boolean => landmarks.faceScore >= enough;
    const better: Face[] = [];
    for (const face of faces) better.push(isFace(face) ? face : await this.locateNearby(image, face));
    return better.filter(isFace);
  }

  /**
   * The first sure one of several placements of a detection's box, or else the most face-like. Of a turned or lowered head,
   * landmark nets are sure at one place and not at all a few px beside it; of what is no face they are sure nowhere.
   */
  private async locateNearby(image: Raster, face: Face): Promise<Face> {
    const { x, y, width, height } = face.box;
    let best = face;
    for (const { size, right, down } of nearby) {
      const box = growBox({ x: x + right * width, y: y + down * height, width, height }, size);
      const [landmarks] = await this.landmarkNet.locate(image, [{ ...face, box }]);
      if (landmarks !== undefined && landmarks.faceScore > best.landmarks.faceScore) best = { ...face, landmarks };
      if (isSure(best)) break;
    }
    return best;
  }

  private async locate(image: Raster, detections: readonly Detection[]): Promise<Face[]> {
    const landmarks = await this.landmarkNet.locate(image, detections);
    return detections.flatMap(({ box, score, detected }, index) => {
      const found = landmarks[index];
      return found === undefined ? [] : [{ box, score, landmarks: found, ...(detected === undefined ? {} : { detected }) }];
    });
  }

  /** Where else to look, given what was found: nowhere, unless nothing or something very small was. */
  private furtherWindows(image: Raster, faces: readonly Face[]): Box[] {
    const side = Math.max(image.width, image.height);
    if (faces.length === 0) return [...borders.map((border) => growBox(squareAround(image), border)), ...this.tiles(image)];
    const smallest = Math.min(...faces.map(({ box }) => box.width));
    return (smallest * this.detector.inputSize) / side < nearLimit * this.detector.smallestFace ? this.tiles(image) : [];
  }

  /** Overlapping squares that cover the image; none where the whole image has no more pixels than the net sees of it. */
  private tiles(image: Raster): Box[] {
    const longest = Math.max(image.width, image.height);
    return longest <= this.detector.inputSize ? [] : tilesOf(image, longest * tileShare, 0);
  }
}

/** Width of the third smallest face, px; where there are not so many, there is no group, as if all filled the photo. */
function groupWidth(faces: readonly Face[], longest: number): number {
  return faces.map(({ box }) => box.width).sort((a, b) => a - b)[crowd - 1] ?? longest;
}

function isAgreed(a: Box, b: Box): boolean {
  return intersectionOverUnion(a, b) > agreedOverlap;
}

function holdsCenter(tile: Box, { x, y, width, height }: Box): boolean {
  const [right, down] = [x + width / 2 - tile.x, y + height / 2 - tile.y];
  return right >= 0 && down >= 0 && right <= tile.width && down <= tile.height;
}

/** How much of the smaller box lies in the other one, 0 to 1. */
function sharedPart(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return (Math.max(0, width) * Math.max(0, height)) / Math.min(a.width * a.height, b.width * b.height);
}

/** What tiles of this side have in common with their neighbours: a face that fills no more of them is whole in one. */
function overlapOf(side: number): number {
  return side / 6;
}

/** Squares of `side` px that cover the image, neighbours at least `overlap` px over each other. */
function tilesOf(image: Raster, side: number, overlap: number): Box[] {
  const starts = (length: number): number[] => {
    if (length <= side) return [(length - side) / 2];
    const count = Math.ceil((length - overlap) / (side - overlap));
    return Array.from({ length: count }, (_, index) => (index * (length - side)) / (count - 1));
  };
  return starts(image.height).flatMap((y) => starts(image.width).map((x) => ({ x, y, width: side, height: side })));
}

/** The landmarks in px of another image: `point` says where each point lies there. */
export function mapLandmarks(landmarks: Landmarks, point: (from: Point) => Point): Landmarks {
  const eye = ({ outer, inner, center }: EyeLandmarks): EyeLandmarks =>
    ({ outer: point(outer), inner: point(inner), center: point(center) });
  return {
    left: eye(landmarks.left),
    right: eye(landmarks.right),
    nose: point(landmarks.nose),
    mouth: { left: point(landmarks.mouth.left), right: point(landmarks.mouth.right) },
    faceScore: landmarks.faceScore,
  };
}
