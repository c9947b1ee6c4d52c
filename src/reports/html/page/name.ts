/**
 * Names of photos where there is little room: cameras number them at the end, so the end is always seen.
 */
import { element } from './dom.js';

/** Letters before the ending that are always seen. */
const numbers = 6;

/** A name that is cut in its middle where it is too long for its place. */
export function shortName(name: string): HTMLElement {
  const letters = Array.from(name);
  const dot = letters.lastIndexOf('.');
  const isEnding = dot >= letters.length - numbers;
  const cut = Math.max(0, (isEnding ? dot : letters.length) - numbers);
  return element('span', { class: 'name' },
    element('span', { class: 'beginning' }, letters.slice(0, cut).join('')), element('span', {}, letters.slice(cut).join('')));
}
