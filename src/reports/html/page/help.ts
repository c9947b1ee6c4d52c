/**
 * The sheet of keys.
 */
import { keysDialog } from './keys-dialog.js';

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
  return keysDialog(keys, 'Your choices stay in this browser until you save them. They change nothing on the disk; '
    + 'pipeline sort reads the saved CSV.');
}
