/**
 * How right the tool is on labelled images: an eye at a time and, for whole photos, a photo at a time.
 */
import { SIDES, type FaceView } from '../../core/face.js';
import { groupOf } from './groups.js';
import { guessKind } from './image-kind.js';
import type { ImageNets } from './image-nets.js';
import type { AskImages, JudgedImage, LabelledEye } from './image-task.js';
import type { LabelledImage, LabelledSource } from './sources.js';
import type { EyeMeasurement, EyesMeasurement } from '../../classify/measurement.js';
import type { Verdict } from '../../core/verdict.js';
import { BinaryMetrics, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { matchFaces, patchEye, photoFaces, standIn, wholePhoto, type EyeView, type FoundFace, type ImageKind } from './labelled-eyes.js';
import { CLOSED, HIDDEN, labelTogether, OPEN, type EyeLabel, type FaceLabels } from './labels.js';
import { cutEye } from '../../classify/eye-crops.js';
import { weighEyes } from '../../classify/judge.js';
import type { OpenEyes } from '../../classify/stage.js';
import type { EyeCrop } from '../../core/eye.js';
import { UsageError } from '../../core/usage-error.js';
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

/** What was made of one image. */
export interface ImagePrediction {
  readonly path: string;
  /** Closed where an eye of it is labelled so, open where none is and one is open, hidden where all are. */
  readonly label: 'closed' | 'open' | 'hidden';
  /** Chance of open, 0 to 1; absent where nothing could be judged. */
  readonly open?: number;
  /** What a run would make of its eyes, by themselves: a photo may be rejected for other things. Absent where it could not be read. */
  readonly verdict?: Verdict;
  /** Why eyes were not judged, or the image not read. */
  readonly reasons: readonly string[];
}

export interface Evaluation {
  readonly kind: ImageKind;
  /** Of the images with a label, in their order. */
  readonly predictions: readonly ImagePrediction[];
  /** Closed eyes that would have been kept: of the images labelled closed, those whose eyes a run would keep them for. */
  readonly closedKept: number;
  /** Images labelled closed that could be read. */
  readonly closedImages: number;
  readonly eye: EyeFigures;
  /** Null where the images are eye patches. */
  readonly photo: PhotoFigures | null;
  /** Images that could not be read: in no figure. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Why eyes of photos were not judged, as in `no face found`, and how often. */
  readonly missing: ReadonlyMap<string, number>;
}

export interface EvaluateOptions {
  readonly kind: ImageKind | 'auto';
  readonly config: Config;
  /** Called after each image. */
  readonly onImage?: () => void;
  /** Called for each eye in the order of the images, to draw or list it. */
  readonly onEye?: (eye: LabelledEye & { readonly crop: EyeCrop }) => Promise<void>;
}

/**
 * Evaluates one source of labelled images.
 *
 * A photo's probability of open is that of the mean of its eyes' logits: a run rejects a photo for both eyes, and asks for a
 * look where one of them is closed. (On validation that mistook 9 of 852 open photos, the worse eye alone 16; both 3 of 142
 * closed ones.) Its label is closed where either eye's is.
 * @throws UsageError if photos and eye patches lie mixed and `options.kind` does not say what they are
 */
export async function evaluateSource(source: LabelledSource, ask: AskImages, options: EvaluateOptions): Promise<Evaluation> {
  const { config, onEye, onImage } = options;
  const { crop } = config.classify;
  if (crop !== 'eye' && options.kind === 'eye') {
    throw new UsageError(`classify.crop ${crop} needs photos; --kind eye says that the images show one eye each.`);
  }
  const images = crop !== 'eye' ? 'photo' : options.kind === 'auto' ? await guessKind(source, ask, config) : options.kind;
  const tally = new Tally(source.name, config);
  const task = { kind: 'evaluate', images, crops: onEye !== undefined } as const;
  const outcomes = await ask(source.images, { config, source: source.name, task }, onImage);
  for (const [index, outcome] of outcomes.entries()) {
    const image = source.images[index];
    if (image === undefined) continue;
    if (outcome.kind === 'unreadable') tally.addUnreadable(image, outcome.reason);
    if (outcome.kind !== 'evaluate') continue;
    tally.add(image, outcome);
    for (const { crop, ...eye } of outcome.eyes) if (crop !== undefined) await onEye?.({ ...eye, crop });
  }
  return tally.result(images);
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


interface JudgeOptions {
  readonly config: Config;
  readonly images: ImageKind;
  /** Give what the classifier saw, too. */
  readonly crops: boolean;
}

/**
 * Judges the eyes of one image, as the stage of a run does.
 * @throws PhotoError if it cannot be read
 */
export async function judgeImage(image: LabelledImage, nets: ImageNets, options: JudgeOptions): Promise<JudgedImage> {
  const judging = new Judging(image, nets, await nets.eyes(), options);
  const whole = options.config.classify.crop === 'photo';
  const judged = await (whole ? judging.whole() : options.images === 'eye' ? judging.patch() : judging.photo());
  return { ...judged, verdict: judging.verdict() };
}

/** The judgement of one image. */
class Judging {
  private readonly eyes: LabelledEye[] = [];
  private readonly missing: string[] = [];
  private readonly judged: EyesMeasurement[] = [];

  constructor(
    private readonly image: LabelledImage, private readonly nets: ImageNets, private readonly stage: OpenEyes, private readonly options: JudgeOptions,
  ) {}

  /** As a run would judge by the eyes of these faces alone: somebody has to look at a photo in which none was found. */
  verdict(): Verdict {
    return this.judged.length === 0 ? 'review' : weighEyes(this.judged, this.options.config.verdict.strictness);
  }

  async patch(): Promise<Omit<JudgedImage, 'verdict'>> {
    const { faces: [face], file, path } = this.image;
    const label = face?.left ?? face?.right;
    if (label !== undefined) {
      const view = await patchEye(file, this.options.config);
      const [judged] = await this.measure([standIn(view)]);
      if (judged !== undefined) this.eye(path, label, judged.left, view);
    }
    return { eyes: this.eyes, missing: this.missing };
  }

  async whole(): Promise<Omit<JudgedImage, 'verdict'>> {
    const { faces, file, path } = this.image;
    const label = labelTogether(faces.flatMap(({ left, right }) => [left, right]));
    if (label === undefined) return { eyes: [], missing: [] };
    const view = await wholePhoto(file, this.options.config);
    const [judged] = await this.measure([standIn(view)]);
    const open = judged === undefined ? undefined : this.eye(path, label, togetherOf(judged), view);
    const photo = { closed: label.label === CLOSED, ...(open === undefined ? {} : { open }) };
    return { eyes: this.eyes, missing: this.missing, ...(label.label === HIDDEN ? {} : { photo }) };
  }

  async photo(): Promise<Omit<JudgedImage, 'verdict'>> {
    const { faces, file, path } = this.image;
    const opens: number[] = [];
    const found = await photoFaces(file, this.nets, this.options.config, this.stage.wants);
    const measured = new Map((await this.measure(found.map(({ view }) => view))).map((judged, index) => [found[index], judged]));
    for (const [index, face] of matchFaces(faces, found).entries()) {
      const judged = measured.get(face.found);
      if (face.found === undefined || judged === undefined) {
        this.missing.push('no face found');
        continue;
      }
      const name = face.labels.box === undefined ? path : `${path}#${String(index)}`;
      this.judged.push(judged);
      const seen = this.options.config.classify.crop === 'face'
        ? this.wholeFace(name, face.labels, judged, face.found) : this.bothEyes(name, face.labels, judged, face.found);
      if (seen.length > 0) opens.push(together(seen));
    }
    const lids = faces.flatMap(({ left, right }) => [left?.label, right?.label]).filter((label) => label === CLOSED || label === OPEN);
    const photo = { closed: lids.includes(CLOSED), ...(opens.length > 0 ? { open: Math.min(...opens) } : {}) };
    return { eyes: this.eyes, missing: this.missing, ...(lids.length === 0 ? {} : { photo }) };
  }

  private measure(faces: readonly FaceView[]): Promise<readonly EyesMeasurement[]> {
    return this.nets.exclusive(() => this.stage.measure(faces));
  }

  private bothEyes(name: string, labels: FaceLabels, judged: EyesMeasurement, { eyes, reasons }: FoundFace): number[] {
    this.missing.push(...reasons);
    const seen = SIDES.flatMap((side) => {
      const view = eyes[side];
      return view === undefined ? [] : [{ side, view }];
    });
    const alone = seen.length < 2 && this.image.path === name;
    return seen.flatMap(({ side, view }) => this.eye(alone ? name : `${name}#${side}`, labels[side], judged[side], view) ?? []);
  }

  private wholeFace(name: string, { left, right }: FaceLabels, judged: EyesMeasurement, { whole }: FoundFace): number[] {
    const open = this.eye(name, labelTogether([left, right]), togetherOf(judged), whole);
    return open === undefined ? [] : [open];
  }

  /** Notes what was made of an eye, a face or a photo that is labelled open or closed. @returns its chance of open */
  private eye(path: string, label: EyeLabel | undefined, { open, state }: Pick<EyeMeasurement, 'open' | 'state'>, view: EyeView): number | undefined {
    const lids = label?.label;
    if (lids !== CLOSED && lids !== OPEN) return undefined;
    // What the net calls unknown has no chance of being open to compare; what it looked like is in the other figures.
    if (open === undefined) {
      this.missing.push('eye not visible');
      return undefined;
    }
    const { crop: { width, height } } = this.stage;
    this.eyes.push({ path, label: lids, open, state, ...(this.options.crops ? { crop: cutEye(view.image, view.region, width, height) } : {}) });
    return open;
  }
}

/** Both eyes of a face that was looked at as a whole. One closed eye is what closed ones are to a run: no open face. */
function togetherOf({ state, closed }: EyesMeasurement): Pick<EyeMeasurement, 'open' | 'state'> {
  if (state === 'unknown') return { state };
  return { state: state === 'one_closed' ? 'closed' : state, open: 1 - closed };
}

/** What has been seen of a source so far. */
class Tally {
  private readonly unreadable: { path: string; reason: string }[] = [];
  private readonly predictions: ImagePrediction[] = [];
  private readonly missing = new Map<string, number>();
  private readonly eyes = new BinaryMetrics();
  private readonly photos = new BinaryMetrics();
  private undetected = 0;
  private decided = 0;
  private decidedRight = 0;

  constructor(private readonly source: string, private readonly config: Config) {}

  addUnreadable(image: LabelledImage, reason: string): void {
    this.unreadable.push({ path: image.path, reason });
    this.predictions.push({ path: image.path, label: labelOf(image), reasons: [reason] });
  }

  add(image: LabelledImage, { eyes, missing, photo, verdict }: JudgedImage): void {
    const open = photo === undefined ? eyes[0]?.open : photo.open;
    this.predictions.push({ path: image.path, label: labelOf(image), verdict, reasons: missing, ...(open === undefined ? {} : { open }) });
    const group = groupOf(this.source, image.path, this.config.data.groups);
    for (const reason of missing) this.missing.set(reason, (this.missing.get(reason) ?? 0) + 1);
    for (const { open, label, state } of eyes) {
      this.eyes.add(open, label, group);
      if (state !== 'open' && state !== 'closed') continue;
      this.decided += 1;
      if ((state === 'open') === (label === OPEN)) this.decidedRight += 1;
    }
    if (photo === undefined) return;
    if (photo.open === undefined) this.undetected += 1;
    this.photos.add(photo.open ?? (photo.closed ? 1 : 0), photo.closed ? 0 : 1, group);
  }

  result(kind: ImageKind): Evaluation {
    const eye = this.eyes.figures();
    const closed = this.predictions.filter(({ label, verdict }) => label === 'closed' && verdict !== undefined);
    return {
      kind,
      predictions: this.predictions,
      closedImages: closed.length,
      closedKept: closed.filter(({ verdict }) => verdict === 'keep').length,
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

function labelOf({ faces }: LabelledImage): ImagePrediction['label'] {
  const labels = faces.flatMap(({ left, right }) => [left?.label, right?.label]);
  if (labels.includes(CLOSED)) return 'closed';
  return labels.includes(OPEN) ? 'open' : 'hidden';
}
