/**
 * The bar above the grid: filters, order, size, saving.
 */
import type { ReportData, VerdictName } from '../data.js';
import { ordersOf, type View } from './arrange.js';
import type { Choices } from './choices.js';
import { button, element, select } from './dom.js';
import type { Photo } from './photos.js';
import { themeButton } from './theme-button.js';

export interface ToolbarEvents {
  readonly view: (change: Partial<View>) => void;
  readonly compare: () => void;
  readonly clearMarks: () => void;
  readonly save: (kind: 'csv' | 'json') => void;
  readonly help: () => void;
}

const verdictFilters: readonly { readonly value: View['verdict']; readonly text: string }[] = [
  { value: 'all', text: 'All' }, { value: 'keep', text: 'Keep' }, { value: 'review', text: 'Review' },
  { value: 'reject', text: 'Reject' }, { value: 'chosen', text: 'Mine' },
];

export class Toolbar {
  readonly root: HTMLElement;
  private readonly tabs = new Map<View['verdict'], HTMLButtonElement>();
  private readonly compareButton: HTMLButtonElement;
  private readonly clearButton: HTMLButtonElement;

  constructor(report: ReportData, private readonly photos: readonly Photo[], private readonly choices: Choices, events: ToolbarEvents) {
    this.compareButton = button('Compare', 'Compare the marked photos, or this one and the next (c)', events.compare, 'primary');
    this.clearButton = button('Clear marks', 'Unmark all photos', events.clearMarks);
    this.root = element('header', { class: 'toolbar' },
      element('h1', { title: report.title }, report.title),
      element('div', { class: 'tabs', role: 'group', 'aria-label': 'Verdict' },
        ...verdictFilters.map(({ value, text }) => this.tab(value, text, events))),
      element('div', { class: 'tools' },
        select('Reason', topicOptions(photos), '', (topic) => { events.view({ topic }); }),
        select('Sort', ordersOf(report), 'name', (order) => { events.view({ order }); }),
        this.reverse(events), searchBox(events), sizeSlider(),
        this.compareButton, this.clearButton, saveMenu(events), themeButton(), button('?', 'Keys (?)', events.help, 'round')));
    this.refresh('all', 0);
  }

  /** Counts, the pressed filter, the number of marked photos. */
  refresh(active: View['verdict'], marked: number): void {
    for (const [value, tab] of this.tabs) {
      tab.setAttribute('aria-pressed', String(value === active));
      const count = tab.querySelector('b');
      if (count !== null) count.textContent = String(this.count(value));
    }
    this.compareButton.textContent = marked > 0 ? `Compare ${String(marked)}` : 'Compare';
    this.clearButton.hidden = marked === 0;
  }

  private count(value: View['verdict']): number {
    if (value === 'all') return this.photos.length;
    if (value === 'chosen') return this.photos.filter((photo) => this.choices.of(photo) !== undefined).length;
    return this.photos.filter((photo) => this.choices.verdict(photo) === value).length;
  }

  private tab(value: View['verdict'], text: string, events: ToolbarEvents): HTMLElement {
    const tab = button(text, `Show: ${text}`, () => { events.view({ verdict: value }); }, toneClass(value));
    tab.append(element('b', {}));
    this.tabs.set(value, tab);
    return tab;
  }

  private reverse(events: ToolbarEvents): HTMLElement {
    const made = button('↓', 'Turn the order round', () => {
      const reversed = made.textContent === '↓';
      made.textContent = reversed ? '↑' : '↓';
      events.view({ reversed });
    }, 'round');
    return made;
  }
}

function toneClass(value: View['verdict']): string {
  const verdicts: readonly VerdictName[] = ['keep', 'review', 'reject'];
  return verdicts.some((verdict) => verdict === value) ? `tone-${value}` : '';
}

/** Every reason that occurs, the most frequent first. */
function topicOptions(photos: readonly Photo[]): { value: string; text: string }[] {
  const counts = new Map<string, number>();
  for (const topic of photos.flatMap((photo) => photo.topics)) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return [{ value: '', text: 'any' }, ...sorted.map(([topic, count]) => ({ value: topic, text: `${topic} (${String(count)})` }))];
}

function searchBox(events: ToolbarEvents): HTMLElement {
  const input = element('input', { type: 'search', placeholder: 'Name', 'aria-label': 'Part of a name' });
  input.addEventListener('input', () => { events.view({ search: input.value }); });
  return input;
}

function sizeSlider(): HTMLElement {
  const input = element('input', { type: 'range', min: '110', max: '320', value: '190', 'aria-label': 'Size of the photos', class: 'size' });
  input.addEventListener('input', () => { document.documentElement.style.setProperty('--card', `${input.value}px`); });
  return input;
}

function saveMenu(events: ToolbarEvents): HTMLElement {
  const menu = element('details', { class: 'menu' }, element('summary', { title: 'Save your choices as a file' }, 'Save'));
  const item = (label: string, kind: 'csv' | 'json'): HTMLElement =>
    button(label, `Save the verdicts with your choices as ${label}`, () => {
      menu.open = false;
      events.save(kind);
    });
  menu.append(element('div', {}, item('CSV', 'csv'), item('JSON', 'json')));
  return menu;
}
