/**
 * Contact sheets: what was packed, and what the net sees of it at each stage of the schedule.
 */
import { CLASSES } from '../data/labels.js';
import { byteAt } from '../../core/typed-array.js';
import { CROPS, type CropKind } from '../../core/eye.js';
import type { SheetRow } from '../../image/draw.js';
import type { Loader } from '../data/loader.js';
import { plainCrop } from '../data/plain-crop.js';
import type { EyeDataset } from '../data/packed-file.js';
import { Random } from '../data/random.js';
import type { Stage } from '../loop/stages.js';

/** Pictures in a row. */
const COLUMNS = 12;
/** Okabe and Ito's: told apart also by people who do not see red and green alike. */
const FRAMES = ['#d55e00', '#0072b2', '#999999'] as const;

/** Some eyes of each source and class, as packed. */
export function packedSheet(dataset: EyeDataset, seed = 1): SheetRow[] {
  const shown = shownSize(dataset.crop);
  const kinds = new Map<string, number[]>();
  dataset.sources.forEach((source, row) => {
    const kind = `${source}, ${CLASSES[byteAt(dataset.labels, row)] ?? ''}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), row]);
  });
  const random = new Random(seed);
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, rows]) => ({
    title: `${kind}: ${String(rows.length)} eyes`,
    pictures: random.shuffle(rows).slice(0, COLUMNS).map((row) => ({
      data: plainCrop(dataset, row, shown.width, shown.height), ...shown, color: frameOf(byteAt(dataset.labels, row)),
    })),
  }));
}

/** The beginning of the first batch of each stage: sizes and augmentation as the net gets them. */
export async function scheduleSheet(loader: Loader, stages: readonly Stage[]): Promise<SheetRow[]> {
  const rows: SheetRow[] = [];
  for (const stage of stages) {
    const { height, width, strength, from, to } = stage;
    for await (const { pixels, labels, count } of loader.epoch(from, { height, width, strength })) {
      rows.push({
        title: `epochs ${String(from + 1)} to ${String(to)}: ${String(height)}x${String(width)}, strength ${strength.toFixed(2)}`,
        pictures: Array.from({ length: Math.min(COLUMNS, count) }, (_, index) => ({
          data: pixels.subarray(index * height * width, (index + 1) * height * width), width, height, color: frameOf(byteAt(labels, index)),
        })),
      });
      break;
    }
  }
  return rows;
}

/** px at which a crop is drawn: an eye at its largest, a face or a photo at about the size of a net's input. */
export function shownSize(crop: CropKind): { readonly width: number; readonly height: number } {
  return crop === 'eye' ? CROPS.eye : { width: 96, height: 96 };
}

/** px of a cell: an eye's crop enlarged, others as they are. */
export function sheetCell(crop: CropKind): { readonly width: number; readonly height: number } {
  const { width, height } = shownSize(crop);
  return crop === 'eye' ? { width: 2 * width, height: 2 * height } : { width, height };
}

function frameOf(label: number): string {
  return FRAMES[label] ?? FRAMES[2];
}
