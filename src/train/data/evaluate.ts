/**
 * How right the tool is on labelled images: an eye at a time and, for whole photos, a photo at a time.
 */
import { groupOf } from './groups.js';
import type { Label, LabelledImage, LabelledSource } from './sources.js';
import { BinaryMetrics, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { cutLuminance } from '../../image/crop.js';
import { PhotoError } from '../../image/decode.js';
import { guessKind, patchEye, photoEyes, type EyeView, type ImageKind } from './labelled-eyes.js';
import type { Stages } from '../../pipeline/stages.js';

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

/** One eye as it was judged. */
export interface JudgedEye {
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
  readonly onEye?: (eye: JudgedEye) => Promise<void>;
}

/**
 * Evaluates one source of labelled images.
 *
 * A photo's probability of open is that of the mean of its eyes' logits: a run rejects a photo for both eyes, and asks for a
 * look where one of them is closed. (On validation that mistook 9 of 852 open photos, the worse eye alone 16; both 3 of 142
 * closed ones.) Its label is closed where either eye's is.
 * @throws UsageError if photos and eye patches lie mixed and `options.kind` does not say what they are
 */
export async function evaluateSource(source: LabelledSource, stages: Stages, options: EvaluateOptions): Promise<Evaluation> {
  const kind = options.kind === 'auto'
    ? await guessKind(source, stages.faces, stages.config) : options.kind;
  const tally = new Tally(stages, source.name, options);
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
    private readonly stages: Stages, private readonly source: string, private readonly options: EvaluateOptions,
  ) {}

  async patch(image: LabelledImage): Promise<void> {
    const label = image.labels.left ?? image.labels.right;
    if (label === undefined) return;
    await this.judge(image, image.path, label, await patchEye(image.file, this.stages.config));
  }

  async photo(image: LabelledImage): Promise<void> {
    const { eyes, reasons } = await photoEyes(image.file, this.stages.faces, this.stages.config);
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
    const { width, height } = this.stages.eyes.info;
    const crop = { data: cutLuminance(view.image, view.region, width, height), width, height };
    const open = (await this.stages.eyes.classify([crop]))[0] ?? Number.NaN;
    this.eyes.add(open, label, this.groupOf(image));
    const { closed_below, open_above } = this.stages.thresholds;
    if (open < closed_below || open > open_above) {
      this.decided += 1;
      if ((open > open_above) === (label === 1)) this.decidedRight += 1;
    }
    await this.options.onEye?.({ path, label, open, crop });
    return open;
  }

  private groupOf(image: LabelledImage): string {
    return groupOf(this.source, image.path, this.stages.config.data.groups);
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
