/**
 * Makes a packed file's rows out of labelled images.
 */
import type { Config } from '../../pipeline/config.js';
import { CROP } from '../../core/eye.js';
import { CANVAS, cutCanvas } from './canvas.js';
import { groupOf } from './groups.js';
import type { EyeRow } from './packed-file.js';
import type { Label, LabelledImage, LabelledSource } from './sources.js';
import type { FaceFinder } from '../../detect/faces.js';
import { PhotoError } from '../../image/decode.js';
import { guessKind, patchEye, photoEyes, type EyeView, type ImageKind } from './labelled-eyes.js';

/** An image, or an eye of one, that gave no row. */
export interface LeftOut {
  readonly source: string;
  readonly path: string;
  readonly label: Label;
  /** `no face found`, `eye turned away`, or why the image could not be read. */
  readonly reason: string;
  readonly unreadable: boolean;
}

/** What became of one source. */
export interface PackedSource {
  readonly name: string;
  readonly kind: ImageKind;
  readonly rows: readonly EyeRow[];
  readonly leftOut: readonly LeftOut[];
}

export interface PackOptions {
  readonly kind: ImageKind | 'auto';
  readonly config: Config;
  /** Called after each image. */
  readonly onImage?: () => void;
}

/**
 * Cuts the eyes of one source. An image that cannot be read is left out and listed; packing goes on.
 * @param finder is only used where images may be photos
 * @throws UsageError if photos and eye patches lie mixed and `options.kind` does not say what they are
 */
export async function packSource(source: LabelledSource, finder: FaceFinder, options: PackOptions): Promise<PackedSource> {
  const { config } = options;
  const kind = options.kind === 'auto' ? await guessKind(source, finder, config) : options.kind;
  const rows: EyeRow[] = [];
  const leftOut: LeftOut[] = [];
  const leave = (image: LabelledImage, reason: string, unreadable: boolean): void => {
    const label = image.labels.left ?? image.labels.right ?? 0;
    leftOut.push({ source: source.name, path: image.path, label, reason, unreadable });
  };
  for (const image of source.images) {
    try {
      const group = groupOf(source.name, image.path, config.data.groups);
      const row = (path: string, label: Label, view: EyeView): EyeRow => ({
        pixels: cutCanvas(view.image, view.region),
        label, group, path, source: source.name, cropWidth: view.region.width,
      });
      if (kind === 'eye') {
        const label = image.labels.left ?? image.labels.right;
        if (label !== undefined) rows.push(row(image.path, label, await patchEye(image.file, config)));
      } else {
        const { eyes, reasons } = await photoEyes(image.file, finder, config);
        for (const side of ['left', 'right'] as const) {
          const label = image.labels[side];
          const view = eyes[side];
          if (label !== undefined && view !== undefined) rows.push(row(`${image.path}#${side}`, label, view));
        }
        for (const reason of reasons) leave(image, reason, false);
      }
    } catch (error) {
      if (!(error instanceof PhotoError)) throw error;
      leave(image, error.message, true);
    }
    options.onImage?.();
  }
  return { name: source.name, kind, rows, leftOut };
}

/** How the packed pixels are laid out, for people. */
export const packedLayout = `${CANVAS.width}x${CANVAS.height} px, the classifier's crop in the middle ${CROP.width}x${CROP.height}`;
