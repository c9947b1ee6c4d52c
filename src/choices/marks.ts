/**
 * The marks that editors know for what a person chose.
 */
import type { Verdict } from '../core/verdict.js';
import type { Marks } from '../reports/xmp/packet.js';
import { marksFor, type XmpSettings } from '../reports/xmp/sidecars.js';
import { verdictOf, type Choice } from './choice.js';

/**
 * Stars and colours are the person's where there are any; a reject is -1 star, as editors have it. What is not chosen follows
 * from the verdict that counts, as the settings say. Flags are the person's alone.
 */
export function marksOf(choice: Choice, tools: Verdict, settings: XmpSettings): Marks {
  const verdict = verdictOf(choice, tools);
  const { rating, label } = marksFor(verdict, settings);
  return {
    rating: choice.verdict === 'reject' ? -1 : choice.stars ?? rating,
    label: choice.colour ?? label,
    ...(choice.verdict === 'keep' ? { pick: 'pick' } : choice.verdict === 'reject' ? { pick: 'reject' } : {}),
  };
}
