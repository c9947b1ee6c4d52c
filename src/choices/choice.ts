/**
 * What a person chose for a photo, in the words of editors: a pick or reject, stars, a colour.
 */
import { z } from 'zod';
import { verdicts, type Verdict } from '../core/verdict.js';
import { colours } from '../reports/xmp/packet.js';

/** What is not chosen is absent: there the tool's own word counts. */
export const choiceSchema = z.strictObject({
  verdict: z.enum(verdicts).exactOptional(),
  stars: z.number().int().min(1).max(5).exactOptional(),
  colour: z.enum(colours).exactOptional(),
}).readonly();

export type Choice = z.infer<typeof choiceSchema>;

/** What is to become of a choice; null takes a part of it back, what is absent stays. */
export const changeSchema = z.strictObject({
  verdict: z.enum(verdicts).nullable().exactOptional(),
  stars: z.number().int().min(1).max(5).nullable().exactOptional(),
  colour: z.enum(colours).nullable().exactOptional(),
}).readonly();

export type Change = z.infer<typeof changeSchema>;

/** A choice with a change in it. */
export function changed(choice: Choice, change: Change): Choice {
  const all = { ...choice, ...change };
  const { verdict, stars, colour } = all;
  return {
    ...(verdict === undefined || verdict === null ? {} : { verdict }),
    ...(stars === undefined || stars === null ? {} : { stars }),
    ...(colour === undefined || colour === null ? {} : { colour }),
  };
}

/** Whether two choices say the same. */
export function isSameChoice(a: Choice, b: Choice): boolean {
  return a.verdict === b.verdict && a.stars === b.stars && a.colour === b.colour;
}

/** The verdict that counts: the person's, and who gives stars keeps; else the tool's. */
export function verdictOf(choice: Choice, tools: Verdict): Verdict {
  return choice.verdict ?? (choice.stars === undefined ? tools : 'keep');
}
