/**
 * How right the tool is on labelled images: an eye at a time and, for whole photos, a photo at a time.
 */
import { groupOf } from './groups.js';
import type { Label, LabelledImage, LabelledSource } from './sources.js';
import { BinaryMetrics, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { cutLuminance } from '../../image/crop.js';
import { PhotoError } from '../../image/decode.js';
import { guessKind, patchEye, photoEyes, type EyeView, type ImageKind } from './labelled-eyes.js';
import { createEyeClassifier, type EyeClassifier } from '../../classify/eye-classifier.js';
import { thresholdsOf, type EyeThresholds } from '../../classify/thresholds.js';
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
  readonly label: Label;
  /** Probability of open, 0 to 1. */
  readonly open: number;
  /** Luminance, as the classifier saw it. */
  readonly crop: { readonly data: Uint8Array; readonly width: number; readonly height: number };
}

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
    const label = image.labels.left ?? image.labels.right;
    if (label === undefined) return;
    await this.judge(image, image.path, label, await patchEye(image.file, this.judges.config));
  }

  async photo(image: LabelledImage): Promise<void> {
    const { eyes, reasons } = await photoEyes(image.file, this.judges.faces, this.judges.config);
    for (const reason of reasons) this.missing.set(reason, (this.missing.get(reason) ?? 0) + 1);
    const seen: number[] = [];
    for (const side of ['left', 'right'] as const) {
      const view = eyes[side];
      const label = image.labels[side];
      if (view !== undefined && label !== undefined) seen.push(await this.judge(image, `${image.path}#${side}`, label, view));
    }
    const closed = image.labels.left === 0 || image.labels.right === 0;
    if (seen.length === 0) this.undetected += 1;
    const open = seen.length > 0 ? together(seen) : closed ? 1 : 0;
    this.photos.add(open, closed ? 0 : 1, this.groupOf(image));
  }

  private async judge(image: LabelledImage, path: string, label: Label, view: EyeView): Promise<number> {
    const { width, height } = this.judges.eyes.info;
    const crop = { data: cutLuminance(view.image, view.region, width, height), width, height };
    const open = (await this.judges.eyes.classify([crop]))[0] ?? Number.NaN;
    this.eyes.add(open, label, this.groupOf(image));
    const { closed_below, open_above } = this.judges.thresholds;
    if (open < closed_below || open > open_above) {
      this.decided += 1;
      if ((open > open_above) === (label === 1)) this.decidedRight += 1;
    }
    await this.options.onEye?.({ path, label, open, crop });
    return open;
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
