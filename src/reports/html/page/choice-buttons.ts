/**
 * The row of buttons with which a reader chooses; the same choices lie on the keys.
 */
import { button, element } from './dom.js';
import type { Choice } from './choices.js';

/** Choices by key. `undefined` takes a choice back. */
export const choiceKeys: ReadonlyMap<string, Choice | undefined> = new Map<string, Choice | undefined>([
  ...[1, 2, 3, 4, 5].map((stars) => [String(stars), { verdict: 'keep', stars }] as const),
  ['k', { verdict: 'keep', stars: 0 }],
  ['r', { verdict: 'review', stars: 0 }],
  ['x', { verdict: 'reject', stars: 0 }],
  ['0', undefined],
  ['Backspace', undefined],
]);

/** Buttons for all choices; the current one is pressed. */
export function choiceButtons(current: Choice | undefined, choose: (choice: Choice | undefined) => void): HTMLElement {
  const make = (label: string, title: string, choice: Choice, className: string): HTMLElement => {
    const made = button(label, title, () => { choose(choice); }, className);
    made.setAttribute('aria-pressed', String(isPressed(current, choice)));
    return made;
  };
  const stars = [1, 2, 3, 4, 5].map((count) =>
    make('★', `Keep with ${String(count)} ${count === 1 ? 'star' : 'stars'} (${String(count)})`, { verdict: 'keep', stars: count }, 'star'));
  const undo = button('↺', 'Back to the verdict of the tool (0)', () => { choose(undefined); }, 'undo');
  undo.disabled = current === undefined;
  return element('div', { class: 'choices' },
    make('Keep', 'Keep (k)', { verdict: 'keep', stars: 0 }, 'tone-keep'),
    make('Review', 'Review (r)', { verdict: 'review', stars: 0 }, 'tone-review'),
    make('Reject', 'Reject (x)', { verdict: 'reject', stars: 0 }, 'tone-reject'),
    element('span', { class: 'stars' }, ...stars), undo);
}

function isPressed(current: Choice | undefined, choice: Choice): boolean {
  if (current === undefined) return false;
  if (choice.stars > 0) return current.stars >= choice.stars;
  return current.verdict === choice.verdict;
}
