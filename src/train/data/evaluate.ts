/**
 * How right the tool is on labelled images: an eye at a time and, for whole photos, a photo at a time.
 */
import { groupOf } from './groups.js';
import type { LabelledImage, LabelledSource } from './sources.js';
import { BinaryMetrics, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { cutLuminance } from '../../image/crop.js';
import { PhotoError } from '../../image/decode.js';
import { guessKind, matchFaces, patchEye, photoFaces, type EyeView, type FoundFace, type ImageKind } from './labelled-eyes.js';
import { CLOSED, OPEN, type FaceLabels } from './labels.js';
import { eyeChances, type EyeAnswer } from '../../classify/calibration.js';
import { createEyeClassifier, type EyeClassifier } from '../../classify/eye-classifier.js';
import { judgeEyes } from '../../classify/judge.js';
import { thresholdsOf, type EyeThresholds } from '../../classify/thresholds.js';
import { eyeWidthOf, type EyeCrop } from '../../core/eye.js';
import { createFaceFinder, type FaceFinder } from '../../detect/faces.js';
import type { Config } from '../../pipeline/config.js';

/** Figures of one level, with 95 % intervals. */
export interface LevelFigures extends BinaryFigures {
  readonly intervals: BinaryIntervals;
}

/** Of eyes: how many the tool would decide on, and how often it is right then. */
export interface EyeFigures extends LevelFigures {
  /** Share of the eyes outside the band of `unsure`. */
  readonly coverage: number;
  /** Accuracy on those. */
  readonly decided_accuracy: number;
}

/** Of photos: the largest face counts, and one that was not found, or whose eyes were not, is wrong. */
export interface PhotoFigures extends LevelFigures {
  /** Photos without a face, or without an eye that can be judged; part of `n`, and wrong. */
  readonly undetected: number;
}

export interface Evaluation {
  readonly kind: ImageKind;
  readonly eye: EyeFigures;
  /** Null where the images are eye patches. */
  readonly photo: PhotoFigures | null;
  /** Images that could not be read: in no figure. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Why eyes of photos were not judged, as in `no face found`, and how often. */
  readonly missing: ReadonlyMap<string, number>;
}

/** What labelled images are judged with. */
export interface Judges {
  readonly config: Config;
  readonly faces: FaceFinder;
  readonly eyes: EyeClassifier;
  readonly thresholds: EyeThresholds;
  release(): Promise<void>;
}

/**
 * Loads the nets.
 * @throws if a model is missing or damaged
 */
export async function openJudges(config: Config): Promise<Judges> {
  const [faces, eyes] = await Promise.all([createFaceFinder(config.detect), createEyeClassifier(config.classify.model)]);
  return {
    config, faces, eyes,
    thresholds: thresholdsOf(config.classify, eyes.info),
    release: async () => { await Promise.all([faces.release(), eyes.release()]); },
  };
}

/** One eye of a labelled image as it was judged. */
export interface LabelledEye {
  /** Path in the source; the eye of a photo is told by `#left` or `#right`. */
  readonly path: string;
  readonly label: Lids;
  /** Chance of open, given the other eye of the face too, 0 to 1. */
  readonly open: number;
  /** Luminance, as the classifier saw it. */
  readonly crop: EyeCrop;
}

/** Labels that eyes are told apart by: closed or open. */
type Lids = 0 | 1;

export interface EvaluateOptions {
  readonly kind: ImageKind | 'auto';
  /** Called after each image. */
  readonly onImage?: () => void;
  /** Called for each eye, to draw or list it. */
  readonly onEye?: (eye: LabelledEye) => Promise<void>;
}

/**
 * Evaluates one source of labelled images.
 *
 * A photo's probability of open is that of the mean of its eyes' logits: a run rejects a photo for both eyes, and asks for a
 * look where one of them is closed. (On validation that mistook 9 of 852 open photos, the worse eye alone 16; both 3 of 142
 * closed ones.) Its label is closed where either eye's is.
 * @throws UsageError if photos and eye patches lie mixed and `options.kind` does not say what they are
 */
export async function evaluateSource(source: LabelledSource, judges: Judges, options: EvaluateOptions): Promise<Evaluation> {
  const kind = options.kind === 'auto'
    ? await guessKind(source, judges.faces, judges.config) : options.kind;
  const tally = new Tally(judges, source.name, options);
  for (const image of source.images) {
    try {
      await (kind === 'eye' ? tally.patch(image) : tally.photo(image));
    } catch (error) {
      if (!(error instanceof PhotoError)) throw error;
      tally.unreadable.push({ path: image.path, reason: error.message });
    }
    options.onImage?.();
  }
  return tally.result(kind);
}

/** The probability whose logit is the mean of the given probabilities' logits. */
function together(probabilities: readonly number[]): number {
  const logits = probabilities.map((probability) => {
    // A probability that was rounded to 0 or 1 must not outvote the other eye without limit.
    const bounded = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
    return Math.log(bounded / (1 - bounded));
  });
  return 1 / (1 + Math.exp(-logits.reduce((sum, logit) => sum + logit, 0) / logits.length));
}

const SIDES = ['left', 'right'] as const;

/** What has been seen so far. */
class Tally {
  readonly unreadable: { path: string; reason: string }[] = [];
  private readonly missing = new Map<string, number>();
  private readonly eyes = new BinaryMetrics();
  private readonly photos = new BinaryMetrics();
  private undetected = 0;
  private decided = 0;
  private decidedRight = 0;

  constructor(
    private readonly judges: Judges, private readonly source: string, private readonly options: EvaluateOptions,
  ) {}

  async patch(image: LabelledImage): Promise<void> {
    const label = image.faces[0]?.left ?? image.faces[0]?.right;
    if (label === undefined) return;
    const eye = await patchEye(image.file, this.judges.config);
    await this.face(image, image.path, { left: label }, { turn: 0, eyes: { left: eye } });
  }

  async photo(image: LabelledImage): Promise<void> {
    const { faces, config, eyes: { info } } = this.judges;
    const opens: number[] = [];
    for (const [index, { labels, found }] of matchFaces(image.faces, await photoFaces(image.file, faces, config, info.width)).entries()) {
      for (const reason of found?.reasons ?? ['no face found']) this.missing.set(reason, (this.missing.get(reason) ?? 0) + 1);
      if (found === undefined) continue;
      const seen = await this.face(image, labels.box === undefined ? image.path : `${image.path}#${String(index)}`, labels, found);
      if (seen.length > 0) opens.push(together(seen));
    }
    const lids = image.faces.flatMap(({ left, right }) => [left?.label, right?.label]).filter((label) => label === CLOSED || label === OPEN);
    if (lids.length === 0) return;
    const closed = lids.includes(CLOSED);
    if (opens.length === 0) this.undetected += 1;
    this.photos.add(opens.length > 0 ? Math.min(...opens) : closed ? 1 : 0, closed ? 0 : 1, this.groupOf(image));
  }

  /** Judges both eyes of a face together, as a run does. @returns the chances of open of those that are labelled open or closed */
  private async face(
    image: LabelledImage, name: string, labels: FaceLabels, { turn, eyes }: Pick<FoundFace, 'turn' | 'eyes'>,
  ): Promise<number[]> {
    const { info } = this.judges.eyes;
    const views = SIDES.flatMap((side) => {
      const view = eyes[side];
      return view === undefined ? [] : [{ side, view, crop: this.cut(view) }];
    });
    const answers = await this.judges.eyes.classify(views.map(({ crop }) => crop));
    const chances: { left?: EyeAnswer; right?: EyeAnswer } = {};
    for (const [index, { side, view }] of views.entries()) {
      const answer = answers[index];
      if (answer !== undefined) chances[side] = eyeChances(info.calibration, answer, { width: eyeWidthOf(view.photoWidth), turn });
    }
    const judged = judgeEyes(info.calibration.pair, chances, this.judges.thresholds);
    const opens: number[] = [];
    for (const { side, crop } of views) {
      const label = labels[side]?.label;
      // An eye that the net calls unknown has no chance of being open to compare; what it looked like is in the other figures.
      const { open, state } = judged[side];
      if (label !== CLOSED && label !== OPEN) continue;
      if (open === undefined) {
        this.missing.set('eye not visible', (this.missing.get('eye not visible') ?? 0) + 1);
        continue;
      }
      opens.push(open);
      this.eyes.add(open, label, this.groupOf(image));
      if (state === 'open' || state === 'closed') {
        this.decided += 1;
        if ((state === 'open') === (label === OPEN)) this.decidedRight += 1;
      }
      await this.options.onEye?.({ path: image.path === name && views.length < 2 ? name : `${name}#${side}`, label, open, crop });
    }
    return opens;
  }

  private cut(view: EyeView): EyeCrop {
    const { width, height } = this.judges.eyes.info;
    return { data: cutLuminance(view.image, view.region, width, height), width, height };
  }

  private groupOf(image: LabelledImage): string {
    return groupOf(this.source, image.path, this.judges.config.data.groups);
  }

  result(kind: ImageKind): Evaluation {
    const eye = this.eyes.figures();
    return {
      kind,
      eye: {
        ...eye, intervals: this.eyes.intervals(),
        coverage: eye.n === 0 ? 0 : this.decided / eye.n,
        decided_accuracy: this.decided === 0 ? 0 : this.decidedRight / this.decided,
      },
      photo: kind === 'eye' ? null : {
        ...this.photos.figures(), intervals: this.photos.intervals(), undetected: this.undetected,
      },
      unreadable: this.unreadable,
      missing: this.missing,
    };
  }
}
