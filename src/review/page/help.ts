/**
 * The sheet of keys.
 */
import { keysDialog } from '../../reports/html/page/keys-dialog.js';

const keys: readonly (readonly [string, string])[] = [
  ['← → ↑ ↓', 'move; with shift: select'],
  ['space, enter', 'open the photo, and back'],
  ['z', '100 % and back; move the pointer, drag or use the arrows'],
  ['p / x / u', 'pick, reject, neither'],
  ['r', 'look again later'],
  ['1 – 5, 0', 'stars; no stars'],
  ['6 – 9', 'red, yellow, green, blue; again: none'],
  ['ctrl z / shift ctrl z', 'undo, redo (⌘ on a Mac)'],
  ['ctrl a', 'select all that are shown'],
  ['s', 'scenes as stacks'],
  ['c', 'compare: the selection, the scene, or this photo and the next'],
  ['b', 'this one, not the others of its scene'],
  ['n', 'the next face in a photo or a comparison'],
  ['a', 'go on to the next photo after a choice'],
  ['esc', 'back'],
];

/** A dialog with all keys. */
export function helpDialog(): HTMLDialogElement {
  return keysDialog(keys, 'Each choice is on the disk before it is shown. Photos are only read. pipeline sort and pipeline xmp act on choices.');
}
