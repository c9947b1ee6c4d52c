import { describe, expect, it } from 'vitest';
import { EYES_INPUT, OPEN_OUTPUT, VISIBLE_OUTPUT } from '../../../src/classify/eye-classifier.js';
import type { Calibration } from '../../../src/classify/calibration.js';
import { GraphBuilder } from '../../../src/onnx/graph.js';
import { canvasBytes } from '../../../src/train/data/canvas.js';
import { CLOSED, OPEN } from '../../../src/train/data/labels.js';
import type { EyeDataset, EyeRow } from '../../../src/train/data/packed-file.js';
import { calibrate, EYE_WIDTHS } from '../../../src/train/loop/calibrate.js';
import { eyes } from '../data/eyes.js';

/** ONNX's number of float32. */
const FLOAT32 = 1;

/** A net that takes the brightest pixel for the lids: a logit of 1 every 16 levels above 128. It sees an eye everywhere. */
function brightestPixel(): Uint8Array {
  const graph = new GraphBuilder('brightest-pixel');
  const pixels = graph.op('Cast', [graph.input(EYES_INPUT, 'uint8', ['batch', 8, 48])], { to: { int: FLOAT32 } });
  const brightest = graph.op('ReduceMax', [pixels], { axes: { ints: [1, 2] }, keepdims: { int: 0 } });
  const open = graph.op('Div', [graph.op('Sub', [brightest, graph.scalar(128)]), graph.scalar(16)]);
  graph.output(open, OPEN_OUTPUT, 'float32', ['batch']);
  graph.output(graph.op('Add', [graph.op('Mul', [open, graph.scalar(0)]), graph.scalar(8)]), VISIBLE_OUTPUT, 'float32', ['batch']);
  return graph.toModel();
}

/** A canvas that the net says `logit` of, however small it is made. */
const plain = (logit: number): Uint8Array => new Uint8Array(canvasBytes('eye')).fill(128 + 16 * logit);

/** One as light on the whole, of bright lines a px wide: that is the net's 4, and less the smaller it is made. */
const striped = (): Uint8Array => Uint8Array.from({ length: canvasBytes('eye') }, (_, at) => (at % 2 === 0 ? 192 : 0));

type MadeEye = Pick<EyeRow, 'label' | 'pixels'> & Partial<EyeRow>;

function fit(rows: readonly MadeEye[], parent?: Calibration): Promise<Calibration> {
  const dataset: EyeDataset = eyes(rows.map((row, index) => ({ source: 'made', group: String(index), ...row })));
  const all = Int32Array.from(dataset.labels.keys());
  return calibrate(brightestPixel(), { dataset, rows: all, typical: all, height: 8, width: 48, threads: 1 }, parent);
}

/** So many times an eye that the net is right about, and one that it is wrong about: open and closed ones alike. */
function answers(right: number, wrong: number, more: Partial<EyeRow> = {}): MadeEye[] {
  const of = (count: number, logit: number): MadeEye[] => Array.from({ length: count }, () => [
    { label: OPEN, pixels: plain(logit), ...more }, { label: CLOSED, pixels: plain(-logit), ...more },
  ] as const).flat();
  return [...of(right, 2), ...of(wrong, -2)];
}

/** Faces of two eyes that are both open, or both closed; of each the net is right or wrong. */
function faces(...answersOfPairs: readonly { readonly count: number; readonly right: readonly [boolean, boolean] }[]): MadeEye[] {
  return answersOfPairs.flatMap(({ count, right }, kind) => Array.from({ length: count }, (_, index) => ([OPEN, CLOSED] as const).flatMap((label) => {
    const logit = label === OPEN ? 2 : -2;
    return (['left', 'right'] as const).map((side, eye) => ({
      label, path: `${String(kind)}-${String(index)}-${String(label)}.png#${side}`, pixels: plain(right[eye] === true ? logit : -logit),
    }));
  }).flat()).flat());
}

describe('what a net says of open', () => {
  it('is believed as often as it is right: a logit of 2 stands for 88 in 100', async () => {
    const { open, turn } = await fit(answers(88, 12));
    for (const { scale, shift } of open) expect([scale, shift]).toEqual([expect.closeTo(1, 1), expect.closeTo(0, 5)]);
    expect(turn).toBe(0);
  });

  it('is read, of small eyes, by what it says of eyes made as small', async () => {
    const many = Array.from({ length: 60 }, () => [{ label: OPEN, pixels: striped() }, { label: CLOSED, pixels: plain(-2) }] as const).flat();
    const { widths, open } = await fit(many);
    expect(widths).toEqual([...EYE_WIDTHS]);
    // Of 24 px the net sees the lines, and a logit of 0 speaks for closed; of 6 px it sees gray, and the same speaks for open.
    expect(open.at(-1)?.shift).toBeLessThan(0);
    expect(open[0]?.shift).toBeGreaterThan(2);
  });

  it('counts less on turned heads, as far as it is wrong there more often', async () => {
    const turns = [];
    for (const [right, wrong] of [[88, 12], [73, 27], [50, 50]] as const) {
      turns.push((await fit([...answers(88, 12), ...answers(right, wrong, { turn: 1 })])).turn);
    }
    expect(turns[0]).toBe(0);
    expect(turns[1]).toBeGreaterThan(0.1);
    expect(turns[2]).toBeGreaterThan(1);
  });

  it('counts once where it errs in both eyes of a face or in none, and twice where each is by itself', async () => {
    const together = await fit(faces({ count: 88, right: [true, true] }, { count: 12, right: [false, false] }));
    const apart = await fit(faces(
      { count: 77, right: [true, true] }, { count: 11, right: [true, false] }, { count: 11, right: [false, true] }, { count: 1, right: [false, false] }));
    expect(together.pair.weight).toBeLessThan(0.7);
    expect(apart.pair.weight).toBeGreaterThan(0.8);
  });
});

describe('what a net says of visible', () => {
  it('is taken from the parent, or believed always, where next to no hidden eyes are there to fit it on', async () => {
    const { visible } = await fit(answers(88, 12));
    for (const { scale, shift } of visible) expect(scale * -8 + shift).toBeGreaterThan(4);
    const parent: Calibration = { ...await fit(answers(88, 12)), visible: EYE_WIDTHS.map(() => ({ scale: 0.7, shift: -0.3 })) };
    expect((await fit(answers(88, 12), parent)).visible).toEqual(parent.visible);
  });
});
