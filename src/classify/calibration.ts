/**
 * From the net's logits to chances that can be believed: by how many px an eye has and how far the head is turned, and from
 * the two eyes of a face together.
 */
import { z } from 'zod';
import type { EyeAnswer } from '../core/eye.js';
import type { PerEye } from '../core/face.js';

/** How a logit becomes a log-odds: `scale * logit + shift`. */
const lineSchema = z.object({ scale: z.number().positive(), shift: z.number() });

export const calibrationSchema = z.object({
  /** Widths of eyes, corner to corner, in px of the full-size photo, ascending; between them values are interpolated. */
  widths: z.array(z.number().positive()).min(1),
  /** One a width: of the logit of open, and of visible. */
  open: z.array(lineSchema),
  visible: z.array(lineSchema),
  /** Of a head turned by t (0 to 1) the log-odds of open are multiplied by exp(-turn * t). */
  turn: z.number(),
  /** The two eyes of a face. */
  pair: z.object({
    /** How many faces of real groups have both lids down, and how many wink, as a share. */
    closed: z.number().gt(0).lt(1),
    wink: z.number().gt(0).lt(1),
    /** What one eye's log-odds count beside the other's, 0 to 1: what misleads the net in one eye often does in both. */
    weight: z.number().gt(0).max(1),
    /** How many faces hide both eyes, as behind dark glasses, and how many one of them, as behind hair, as a share. */
    hidden: z.number().gt(0).lt(1),
    one_hidden: z.number().gt(0).lt(1),
  }),
}).refine(({ widths, open, visible }) => widths.length === open.length && widths.length === visible.length);

/** How a model's answers are to be read. Part of its metadata. */
export type Calibration = z.infer<typeof calibrationSchema>;

/** Reads logits as they are, and eyes each for itself. For models that were not calibrated yet. */
export const UNCALIBRATED: Calibration = {
  widths: [24], open: [{ scale: 1, shift: 0 }], visible: [{ scale: 1, shift: 0 }], turn: 0,
  pair: { closed: 0.25, wink: 0.5, weight: 1, hidden: 0.25, one_hidden: 0.5 },
};

/** What is known of an eye besides its pixels. */
export interface EyeSize {
  /** Corner to corner, px of the full-size photo. */
  readonly width: number;
  /** How far the head is turned, 0 frontal to 1. */
  readonly turn: number;
}

/** Chances of one eye by itself; open and closed lids, and eyes that can and cannot be seen, are taken as equally frequent. */
export function eyeChances({ widths, open, visible, turn }: Calibration, logits: EyeAnswer, eye: EyeSize): EyeAnswer {
  const place = placeOf(widths, eye.width);
  const opening = lineAt(open, place);
  const seeing = lineAt(visible, place);
  return {
    open: sigmoid((opening.scale * logits.open + opening.shift) * Math.exp(-turn * eye.turn)),
    visible: sigmoid(seeing.scale * logits.visible + seeing.shift),
  };
}

/** Where a width lies among the widths, as the index of the one below it and how far to the next, on a logarithmic scale. */
function placeOf(widths: readonly number[], width: number): { readonly below: number; readonly share: number } {
  const below = Math.max(0, widths.findLastIndex((each) => each <= width));
  const [low = 1, high = low] = widths.slice(below, below + 2);
  return { below, share: high === low ? 0 : Math.min(1, Math.max(0, Math.log(width / low) / Math.log(high / low))) };
}

type Line = z.infer<typeof lineSchema>;

function lineAt(lines: readonly Line[], { below, share }: ReturnType<typeof placeOf>): Line {
  const [low = { scale: 1, shift: 0 }, high = low] = lines.slice(below, below + 2);
  return {
    scale: low.scale + share * (high.scale - low.scale),
    shift: low.shift + share * (high.shift - low.shift),
  };
}

/** What is to be believed of a face's eyes, chances from 0 to 1. */
export interface FaceChances {
  /** That an eye is open, given both; of an eye that was not looked at it is left out. */
  readonly open: PerEye<number>;
  /** That an eye can be seen, given both; of an eye that was not looked at it is left out. */
  readonly visible: PerEye<number>;
  /** That both lids are down, given that the eyes can be seen at all. */
  readonly closed: number;
  /** That the lids of one eye are down and those of the other up, given that both can be seen. */
  readonly wink: number;
  /** That at least one eye can be seen. */
  readonly seen: number;
}

/**
 * Both eyes of a face together. People blink with both eyes, so one that is plainly open speaks for the other; dark glasses
 * hide both, so one that plainly cannot be seen speaks against the other; an eye that cannot be seen says nothing of the lids
 * and leaves the decision to the other.
 * @param eyes as `eyeChances` gives them; an eye that was not looked at is left out
 */
export function faceChances(pair: Calibration['pair'], eyes: PerEye<EyeAnswer>): FaceChances {
  const { closed, wink, weight } = pair;
  const { visible, seen } = sightOf(pair, eyes);
  const [left, right] = [likelihoods(eyes.left?.open, visible.left, weight), likelihoods(eyes.right?.open, visible.right, weight)];
  const bothOpen = (1 - closed - wink) * left.open * right.open;
  const bothClosed = closed * left.closed * right.closed;
  const leftOpen = (wink / 2) * left.open * right.closed;
  const rightOpen = (wink / 2) * left.closed * right.open;
  const sum = bothOpen + bothClosed + leftOpen + rightOpen;
  return {
    open: perLooked(eyes, (bothOpen + leftOpen) / sum, (bothOpen + rightOpen) / sum),
    visible, seen, closed: bothClosed / sum, wink: (leftOpen + rightOpen) / sum,
  };
}

/** The chance that each eye can be seen given what both show, and that at least one can. */
function sightOf(
  { hidden, one_hidden: oneHidden }: Calibration['pair'], eyes: PerEye<EyeAnswer>,
): Pick<FaceChances, 'visible' | 'seen'> {
  // How much likelier what was seen of an eye is with an eye there than without; of one that was not looked at nothing is known.
  const odds = (eye: EyeAnswer | undefined): number => (eye === undefined ? 1 : Math.exp(logit(eye.visible)));
  const [left, right] = [odds(eyes.left), odds(eyes.right)];
  const both = (1 - hidden - oneHidden) * left * right;
  const onlyLeft = (oneHidden / 2) * left;
  const onlyRight = (oneHidden / 2) * right;
  const sum = both + onlyLeft + onlyRight + hidden;
  const visible = perLooked(eyes, (both + onlyLeft) / sum, (both + onlyRight) / sum);
  const looked = [visible.left, visible.right].filter((chance) => chance !== undefined);
  return { visible, seen: looked.length === 2 ? 1 - hidden / sum : looked[0] ?? 0 };
}

function perLooked(eyes: PerEye<EyeAnswer>, left: number, right: number): PerEye<number> {
  return { ...(eyes.left === undefined ? {} : { left }), ...(eyes.right === undefined ? {} : { right }) };
}

/** How probable what was seen of an eye is with lids up and with lids down, up to a common factor. */
function likelihoods(open: number | undefined, visible = 0, weight = 1): { readonly open: number; readonly closed: number } {
  if (open === undefined) return { open: 1, closed: 1 };
  const weighed = sigmoid(weight * logit(open));
  return { open: 1 + visible * (2 * weighed - 1), closed: 1 + visible * (1 - 2 * weighed) };
}

/** Chances are kept this far from 0 and 1, so that no eye outvotes the other without limit. */
const MARGIN = 1e-5;

function logit(chance: number): number {
  const bounded = Math.min(Math.max(chance, MARGIN), 1 - MARGIN);
  return Math.log(bounded / (1 - bounded));
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
