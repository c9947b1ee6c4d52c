/**
 * The sheet of keys.
 */
import { button, element } from './dom.js';

const keys: readonly (readonly [string, string])[] = [
  ['← → ↑ ↓', 'move; in Compare: next photo, zoom'],
  ['1 – 5', 'keep with that many stars'],
  ['k', 'keep'],
  ['r', 'review'],
  ['x', 'reject'],
  ['0', 'back to the verdict of the tool'],
  ['space', 'mark for comparing'],
  ['c', 'compare the marked photos, or this one and the next'],
  ['[ ]', 'in Compare: another face'],
  ['enter', 'open the photo’s details'],
  ['a', 'go on to the next photo after a choice'],
  ['esc', 'close'],
];

/** A dialog with all keys. */
export function helpDialog(): HTMLDialogElement {
  const dialog = element('dialog', { class: 'help', 'aria-label': 'Keys' });
  dialog.append(
    element('header', {}, element('h2', {}, 'Keys'), button('✕', 'Close (Esc)', () => { dialog.close(); }, 'close')),
    element('dl', {}, ...keys.flatMap(([key, meaning]) => [element('dt', {}, key), element('dd', {}, meaning)])),
    element('p', {}, 'Your choices stay in this browser until you save them. They change nothing on the disk; ' +
      'pipeline sort reads the saved CSV.'));
  return dialog;
}
