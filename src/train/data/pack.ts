/**
 * Makes a packed file's rows out of labelled images.
 */
import { SIDES } from '../../core/face.js';
import type { Config } from '../../pipeline/config.js';
import type { CropKind } from '../../core/eye.js';
import { cutCanvas, layoutOfCanvas } from './canvas.js';
import { groupOf } from './groups.js';
import { guessKind } from './image-kind.js';
import type { ImageNets } from './image-nets.js';
import type { AskImages, LeftOut, PackedImage } from './image-task.js';
import { matchFaces, patchEye, photoFaces, wholePhoto, type EyeView, type FoundFace, type ImageKind } from './labelled-eyes.js';
import { labelTogether, type EyeLabel, type FaceLabels } from './labels.js';
import { misplacedRegion } from './misplaced.js';
import type { EyeRow } from './packed-file.js';
import { mixSeed, Random } from './random.js';
import type { LabelledImage, LabelledSource } from './sources.js';

/** What became of one source. */
export interface PackedSource extends PackedImage {
  readonly name: string;
  readonly kind: ImageKind;
}

export interface PackOptions {
  readonly kind: ImageKind | 'auto';
  /** What rows are to show, eyes where not given; faces and photos are cut from photos only. */
  readonly crop?: CropKind;
  readonly config: Config;
  /** Called after each image. */
  readonly onImage?: () => void;
}


/**
 * Cuts the eyes of one source. An image that cannot be read is left out and listed; packing goes on.
 * @throws UsageError if photos and eye patches lie mixed and `options.kind` does not say what they are
 */
export async function packSource(source: LabelledSource, ask: AskImages, { kind, crop = 'eye', config, onImage }: PackOptions): Promise<PackedSource> {
  const images = crop !== 'eye' ? 'photo' : kind === 'auto' ? await guessKind(source, ask, config) : kind;
  const packed = { rows: Array<EyeRow>(), leftOut: Array<LeftOut>() };
  const outcomes = await ask(source.images, { config, source: source.name, task: { kind: 'pack', images, crop } }, onImage);
  for (const [index, outcome] of outcomes.entries()) {
    const image = source.images[index];
    if (outcome.kind === 'pack') {
      packed.rows.push(...outcome.rows);
      packed.leftOut.push(...outcome.leftOut);
    } else if (outcome.kind === 'unreadable' && image !== undefined) packed.leftOut.push(leftOut(source.name, image, outcome.reason, true));
  }
  return { name: source.name, kind: images, ...packed };
}

/**
 * Cuts the eyes of one image.
 * @throws PhotoError if it cannot be read
 */
export async function packImage(
  image: LabelledImage, nets: ImageNets,
  { config, source, images, crop }: { readonly config: Config; readonly source: string; readonly images: ImageKind; readonly crop: CropKind },
): Promise<PackedImage> {
  const packing = new Packing(source, config, crop);
  if (crop === 'photo') await packing.whole(image);
  else if (images === 'eye') await packing.patch(image);
  else await packing.photo(image, nets);
  return { rows: packing.rows, leftOut: packing.leftOut };
}

function leftOut(source: string, { path, faces: [face] }: LabelledImage, reason: string, unreadable: boolean): LeftOut {
  return { source, path, kind: face?.left?.kind ?? face?.right?.kind ?? '', reason, unreadable };
}

/** What has been packed of an image so far. */
class Packing {
  readonly rows: EyeRow[] = [];
  readonly leftOut: LeftOut[] = [];

  constructor(private readonly source: string, private readonly config: Config, private readonly crop: CropKind) {}

  private leave(image: LabelledImage, reason: string): void {
    this.leftOut.push(leftOut(this.source, image, reason, false));
  }

  async patch(image: LabelledImage): Promise<void> {
    const [face] = image.faces;
    const label = face?.left ?? face?.right;
    if (label !== undefined) this.add(image, image.path, label, await patchEye(image.file, this.config), 0);
  }

  async whole(image: LabelledImage): Promise<void> {
    const label = labelTogether(image.faces.flatMap(({ left, right }) => [left, right]));
    if (label !== undefined) this.add(image, image.path, label, await wholePhoto(image.file, this.config), 0);
  }

  async photo(image: LabelledImage, nets: ImageNets): Promise<void> {
    const found = await photoFaces(image.file, nets, this.config);
    const faces = matchFaces(image.faces, found);
    for (const [index, face] of faces.entries()) {
      if (face.found === undefined) {
        this.leave(image, 'no face found');
        continue;
      }
      if (this.crop === 'eye') for (const reason of face.found.reasons) this.leave(image, reason);
      // The eyes of one face have one name, with the side behind it: training pairs them by it.
      const name = face.labels.box === undefined ? image.path : `${image.path}#${String(index)}`;
      if (this.crop === 'eye') this.face(image, name, face.labels, face.found, found);
      else {
        const label = labelTogether([face.labels.left, face.labels.right]);
        if (label !== undefined) this.add(image, name, label, face.found.whole, face.found.turn);
      }
    }
  }

  private face(image: LabelledImage, name: string, labels: FaceLabels, face: FoundFace, all: readonly FoundFace[]): void {
    for (const side of SIDES) {
      const [label, view] = [labels[side], face.eyes[side]];
      if (label !== undefined && view !== undefined) this.add(image, `${name}#${side}`, label, view, face.turn);
    }
    const random = new Random(mixSeed(...Array.from(name, (letter) => letter.codePointAt(0) ?? 0)));
    if (!random.chance(this.config.data.misplaced)) return;
    const side = random.chance(0.5) ? 'left' : 'right';
    const view = face.eyes[side];
    if (view === undefined) return;
    const eyes = all.flatMap((other) => SIDES.flatMap((each) => {
      const eye = other.eyes[each];
      return eye === undefined ? [] : eye.image === view.image ? [eye.region.center] : [];
    }));
    // The person's left eye has its ear to the right in the image.
    const region = misplacedRegion(view, side === 'left' ? 1 : -1, eyes, random);
    if (region !== undefined) this.add(image, `${name}#beside`, { label: 2, kind: 'misplaced' }, { ...view, region }, face.turn);
  }

  private add(image: LabelledImage, path: string, { label, kind }: EyeLabel, view: EyeView, turn: number): void {
    this.rows.push({
      pixels: cutCanvas(view.image, view.region, this.crop), label, kind, path, source: this.source,
      group: groupOf(this.source, image.path, this.config.data.groups), cropWidth: view.photoWidth, turn,
    });
  }
}

/** How the packed pixels are laid out, for people. */
export function describeLayout(kind: CropKind): string {
  const { canvas, crop } = layoutOfCanvas(kind);
  return `${String(canvas.width)}x${String(canvas.height)} px, the classifier's crop in the middle ${String(crop.width)}x${String(crop.height)}`;
}
