/**
 * The button for light or dark.
 */
import { button } from './dom.js';

/** Follows the system until it is pressed. */
export function themeButton(): HTMLElement {
  return button('◐', 'Light or dark', () => {
    const { style } = document.documentElement;
    const isDark = style.colorScheme === '' ? matchMedia('(prefers-color-scheme: dark)').matches : style.colorScheme === 'dark';
    style.colorScheme = isDark ? 'light' : 'dark';
  }, 'round');
}
