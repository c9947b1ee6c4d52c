/**
 * The detail of a face: up to how many px across it still looks sharp.
 */
import { floatAt } from '../core/typed-array.js';
import { clipBox, type Box, type Point, type Raster } from '../core/raster.js';
import { calibration } from './calibration.js';
import {
  addSums, focusEnergy, focusOf, gridMargin, noiseBlocks, noiseVariance, noSums, smoothed, sumFocus, type FocusEnergy,
  type FocusSums,
} from './focus-energy.js';
import { luminanceGrid, type LuminanceGrid } from './luminance-grid.js';

/** What the pixels of a region show. */
export interface DetailMeasure {
  /**
   * px across the face up to which it looks sharp. Beyond `width` it tells how much crisper than needed the pixels are;
   * never 0.
   */
  readonly detail: number;
  /** px across the face in the raster. */
  readonly width: number;
  /** Energies at the size that decided: the first at which the face no longer looks sharp, or else the largest. */
  readonly energy: FocusEnergy;
  /** Share of the region's pixels that are black or white to the stop, 0-1. */
  readonly clipped: number;
}

/** A wide blur over twice as many px lowers the focus by 2 ln 2. */
const fallPerFold = 2;
/** Whole factors by which the face is shrunk. Whole, because then a cell has pixels of its own, and white noise stays white. */
const factors = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
/** The whole region is looked at with at least this many px across the face, where it has them: brows and lashes are seen. */
const firstLook = 150;
/** A face that looks soft there is looked at with half of them, no less than this many. */
const leastLook = 56;
/** The region's tiles, a side. */
const tilesAcross = 16;
/** Among so many tiles the strongest edges are looked at, and the noise in the quietest. */
const strongTiles = 14;
const quietTiles = 3;
/** Cells looked at for one of the closer sizes, at most: fewer tiles where they are large. */
const mostCells = 16_000;

/** Focus at one size. */
interface Sight {
  readonly size: number;
  readonly focus: number;
  readonly energy: FocusEnergy;
}

/**
 * Asks at ever larger sizes whether the face still looks sharp, up to the px it has; never enlarges it.
 *
 * The focus (see `focusOf`) is that of the same face shrunk by whole factors; the detail lies where it falls below
 * `justSharp`, interpolated over the logarithm of the size. Blur of any width lowers the focus at every size, so detail
 * falls with it and never rests. A face whose own px look sharp has more detail than px; how much more, the focus tells:
 * it falls by 2 for each e-fold.
 *
 * @param image RGB or luminance
 * @param box where to look, px of `image`; the part outside is left out
 * @param width px across the face in `image`
 * @param justSharp the focus below which a face no longer looks sharp
 * @returns undefined where no pixels are left to measure
 */
export function measureDetail(
  image: Raster, box: Box, width: number, justSharp: number = calibration.justSharp,
): DetailMeasure | undefined {
  const region = clipBox(box, image.width, image.height);
  const factor = factors.findLast((each) => width / each >= firstLook) ?? 1;
  const first = lookAtWhole(image, region, width, factor);
  if (first === undefined) return undefined;
  const { clipped } = first;
  if (first.focus >= justSharp) return { ...readDetail([first, ...lookCloser(image, region, width, first, justSharp)], justSharp), width, clipped };
  const half = width / factor / 2 < leastLook ? undefined : lookAtWhole(image, region, width, 2 * factor);
  return { ...readDetail(half === undefined ? [first] : [half, first], justSharp), width, clipped };
}

/** A sight of the whole region with the sums of its tiles. */
interface WholeSight extends Sight {
  readonly tiles: readonly Tile[];
  readonly noise: number;
  readonly clipped: number;
}

interface Tile {
  /** px of the image. */
  readonly box: Box;
  readonly sums: FocusSums;
  /** Whether its tones are neither black nor white. */
  readonly lit: boolean;
}

function lookAtWhole(image: Raster, region: Box, width: number, factor: number): WholeSight | undefined {
  const grid = luminanceGrid(image, region, factor);
  if (grid === undefined || Math.min(grid.width, grid.height) <= 2 * gridMargin) return undefined;
  const noise = noiseVariance(noiseBlocks(grid));
  const tiles = measureTiles(grid, { x: Math.round(region.x), y: Math.round(region.y) }, factor);
  const energy = focusEnergy(tiles.reduce((sum, { sums }) => addSums(sum, sums), noSums), noise);
  return { size: width / factor, energy, focus: focusOf(energy), tiles, noise, clipped: grid.clipped };
}

/** The grid's tiles; the grid begins at `corner` of the image. */
function measureTiles(grid: LuminanceGrid, corner: Point, factor: number): Tile[] {
  const smooth = smoothed(grid);
  const tiles: Tile[] = [];
  const edge = (index: number, length: number): number => Math.round(index * length / tilesAcross);
  for (let row = 0; row < tilesAcross; row += 1) {
    const top = edge(row, grid.height);
    const bottom = edge(row + 1, grid.height);
    for (let column = 0; column < tilesAcross; column += 1) {
      const left = edge(column, grid.width);
      const right = edge(column + 1, grid.width);
      const middle = floatAt(grid.data, (top + bottom >> 1) * grid.width + (left + right >> 1));
      tiles.push({
        box: {
          x: corner.x + factor * left, y: corner.y + factor * top,
          width: factor * (right - left), height: factor * (bottom - top),
        },
        sums: sumFocus(smooth, grid, { left, top, right, bottom }),
        lit: middle > 12 && middle < 243,
      });
    }
  }
  return tiles;
}

/** The larger sizes, up to the first at which the face looks soft, by its strongest edges. */
function lookCloser(image: Raster, region: Box, width: number, whole: WholeSight, justSharp: number): Sight[] {
  const byWeight = [...whole.tiles].sort((a, b) => b.sums.weight - a.sums.weight);
  const quiet = byWeight.filter(({ lit }) => lit).slice(-quietTiles);
  const seen: Sight[] = [];
  for (const factor of factors.filter((each) => width / each > 1.01 * whole.size).reverse()) {
    const cells = (Math.sqrt(region.width * region.height) / tilesAcross / factor + 2 * gridMargin) ** 2;
    const strong = byWeight.slice(0, Math.max(2, Math.min(strongTiles, Math.floor(mostCells / cells))));
    const energy = lookAtTiles(image, factor, strong, quiet);
    // What these tiles show more or less than the whole does, they did at the first size too.
    const sums = strong.reduce((sum, tile) => addSums(sum, tile.sums), noSums);
    const focus = focusOf(energy) + whole.focus - focusOf(focusEnergy(sums, whole.noise));
    seen.push({ size: width / factor, energy, focus });
    if (focus < justSharp) break;
  }
  return seen;
}

function lookAtTiles(image: Raster, factor: number, strong: readonly Tile[], quiet: readonly Tile[]): FocusEnergy {
  const gridOf = ({ box }: Tile, margin: number): LuminanceGrid | undefined => luminanceGrid(image, {
    x: box.x - margin * factor, y: box.y - margin * factor,
    width: box.width + 2 * margin * factor, height: box.height + 2 * margin * factor,
  }, factor);
  const blocks = quiet.flatMap((tile) => {
    const grid = gridOf(tile, 1);
    return grid === undefined ? [] : noiseBlocks(grid);
  });
  let sums = noSums;
  for (const tile of strong) {
    const grid = gridOf(tile, gridMargin);
    if (grid === undefined) continue;
    sums = addSums(sums, sumFocus(smoothed(grid), grid, { left: 0, top: 0, right: grid.width, bottom: grid.height }));
  }
  return focusEnergy(sums, noiseVariance(blocks));
}

/** Where the focus crosses what just looks sharp. */
function readDetail(seen: readonly [Sight, ...Sight[]], justSharp: number): { detail: number; energy: FocusEnergy } {
  let [before] = seen;
  for (const sight of seen.slice(1)) {
    if (before.focus >= justSharp && sight.focus < justSharp) {
      const share = (before.focus - justSharp) / (before.focus - sight.focus);
      return { detail: before.size * (sight.size / before.size) ** share, energy: sight.energy };
    }
    if (before.focus < justSharp) break;
    before = sight;
  }
  return { detail: before.size * Math.exp((before.focus - justSharp) / fallPerFold), energy: before.energy };
}
