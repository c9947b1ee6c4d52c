/**
 * A sheet of keys, on whichever page.
 */
import { button, element } from './dom.js';

/** @param note what a person should know about choices there */
export function keysDialog(keys: readonly (readonly [key: string, meaning: string])[], note: string): HTMLDialogElement {
  const dialog = element('dialog', { class: 'help', 'aria-label': 'Keys' });
  dialog.append(
    element('header', {}, element('h2', {}, 'Keys'), button('✕', 'Close (Esc)', () => { dialog.close(); }, 'close')),
    element('dl', {}, ...keys.flatMap(([key, meaning]) => [element('dt', {}, key), element('dd', {}, meaning)])),
    element('p', {}, note));
  return dialog;
}
