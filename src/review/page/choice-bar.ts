/**
 * The buttons of a choice; the same lie on the keys.
 */
import { button, element } from '../../reports/html/page/dom.js';
import type { ChangeData, ChoiceData } from '../data.js';

/** What the parts of the page ask for. */
export interface Act {
  choose(change: ChangeData): void;
  compare(): void;
}

const colours = ['Red', 'Yellow', 'Green', 'Blue', 'Purple'] as const;

/** What keys choose. Stars and colours that are there already are taken back by the same key. */
export function changeForKey(key: string, current: ChoiceData | undefined): ChangeData | undefined {
  switch (key) {
    case 'p': return { verdict: 'keep' };
    case 'x': return { verdict: 'reject' };
    case 'r': return { verdict: 'review' };
    case 'u': return { verdict: null };
    case '0': return { stars: null };
    case '1': case '2': case '3': case '4': case '5': return { stars: Number(key) };
    case '6': case '7': case '8': case '9': {
      const colour = colours[Number(key) - 6];
      return colour === undefined ? undefined : { colour: current?.colour === colour ? null : colour };
    }
    default: return undefined;
  }
}

/** Buttons for all choices; what is chosen is pressed. */
export function choiceBar(current: ChoiceData | undefined, act: Act): HTMLElement {
  const flag = (label: string, tip: string, verdict: 'keep' | 'review' | 'reject'): HTMLElement => {
    const isOn = current?.verdict === verdict;
    const made = button(label, tip, () => { act.choose({ verdict: isOn ? null : verdict }); }, `tone-${verdict}`);
    made.setAttribute('aria-pressed', String(isOn));
    return made;
  };
  const stars = [1, 2, 3, 4, 5].map((count) => {
    const made = button('★', `${String(count)} ${count === 1 ? 'star' : 'stars'} (${String(count)})`, () => { act.choose({ stars: current?.stars === count ? null : count }); }, 'star');
    made.setAttribute('aria-pressed', String((current?.stars ?? 0) >= count));
    return made;
  });
  const labels = colours.map((colour, index) => {
    const isOn = current?.colour === colour;
    const made = button('', index < 4 ? `${colour} (${String(index + 6)})` : colour, () => { act.choose({ colour: isOn ? null : colour }); }, 'colour');
    made.dataset['colour'] = colour;
    made.setAttribute('aria-pressed', String(isOn));
    return made;
  });
  return element('div', { class: 'choices' },
    flag('Pick', 'Pick (p)', 'keep'), flag('Later', 'Look again later (r)', 'review'), flag('Reject', 'Reject (x)', 'reject'),
    element('span', { class: 'stars' }, ...stars), element('span', { class: 'colours' }, ...labels));
}
