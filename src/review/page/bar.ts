/**
 * The bar above: what is shown, undo and redo, saving, progress.
 */
import { button, element } from '../../reports/html/page/dom.js';
import { themeButton } from '../../reports/html/page/theme-button.js';
import type { Filter, Model, View } from './model.js';

export interface BarEvents {
  view(change: Partial<View>): void;
  undo(): void;
  redo(): void;
  import(text: string): void;
  learn(): void;
  size(px: number): void;
  help(): void;
}

const filters: readonly { readonly value: Filter; readonly text: string }[] = [
  { value: 'all', text: 'All' }, { value: 'keep', text: 'Keep' }, { value: 'review', text: 'Review' },
  { value: 'reject', text: 'Reject' }, { value: 'mine', text: 'Mine' },
];

export class Bar {
  readonly root: HTMLElement;
  private readonly tabs = new Map<Filter, HTMLButtonElement>();
  private readonly stacks: HTMLButtonElement;
  private readonly undoButton: HTMLButtonElement;
  private readonly redoButton: HTMLButtonElement;
  private readonly progress = element('progress', { max: '1', value: '0', 'aria-label': 'Photos judged' });
  private readonly state = element('span', { class: 'state', role: 'status' });

  constructor(private readonly model: Model, events: BarEvents) {
    this.stacks = button('Stacks', 'Scenes as stacks (s)', () => { events.view({ stacked: !model.view.stacked }); });
    this.undoButton = button('↶', 'Undo (ctrl z)', () => { events.undo(); }, 'round');
    this.redoButton = button('↷', 'Redo (ctrl shift z)', () => { events.redo(); }, 'round');
    const search = element('input', { type: 'search', placeholder: 'Name or reason', 'aria-label': 'Part of a name or reason' });
    search.addEventListener('input', () => { events.view({ search: search.value }); });
    const size = element('input', { type: 'range', min: '110', max: '420', value: '190', 'aria-label': 'Size of the photos', class: 'size' });
    size.addEventListener('input', () => { events.size(Number(size.value)); });
    this.root = element('header', { class: 'toolbar' },
      element('h1', {}, model.report.title),
      element('div', { class: 'tabs', role: 'group', 'aria-label': 'Verdict' }, ...filters.map(({ value, text }) => this.tab(value, text, events))),
      element('div', { class: 'tools' }, this.progress, this.state, this.stacks, search, size, this.undoButton, this.redoButton,
        saveMenu(events), themeButton(), button('?', 'Keys (?)', () => { events.help(); }, 'round')));
    this.refresh();
  }

  refresh(): void {
    for (const [value, tab] of this.tabs) {
      tab.setAttribute('aria-pressed', String(value === this.model.view.filter));
      const count = tab.querySelector('b');
      if (count !== null) count.textContent = String(this.model.count(value));
    }
    this.stacks.setAttribute('aria-pressed', String(this.model.view.stacked));
    this.undoButton.disabled = !this.model.undo;
    this.redoButton.disabled = !this.model.redo;
    const { judged, total, problem } = this.model.progress;
    this.progress.hidden = judged >= total;
    this.progress.max = total;
    this.progress.value = judged;
    const selected = this.model.selection.size > 0 ? `${String(this.model.selection.size)} selected` : '';
    this.state.textContent = problem ?? (judged < total ? `${String(judged)} of ${String(total)} judged` : selected);
  }

  private tab(value: Filter, text: string, events: BarEvents): HTMLElement {
    const tab = button(text, `Show: ${text}`, () => { events.view({ filter: value }); }, ['keep', 'review', 'reject'].includes(value) ? `tone-${value}` : '');
    tab.append(element('b', {}));
    this.tabs.set(value, tab);
    return tab;
  }
}

function saveMenu(events: BarEvents): HTMLElement {
  const file = element('input', { type: 'file', accept: '.csv,.json', 'aria-label': 'Choices saved from an HTML report' });
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen !== undefined) void chosen.text().then((text) => { events.import(text); });
    file.value = '';
  });
  const menu = element('details', { class: 'menu' }, element('summary', {}, 'Choices'), element('div', {},
    element('a', { href: 'choices.csv', download: '' }, 'Save as CSV'), element('a', { href: 'choices.json', download: '' }, 'Save as JSON'),
    element('label', {}, 'Import what an HTML report saved', file),
    button('Learn from my choices …', 'Propose settings that fit my choices', () => { events.learn(); })));
  // What was chosen from it is done; it lies over the photos.
  for (const kind of ['click', 'change']) {
    menu.addEventListener(kind, ({ target }) => { if (target instanceof Element && target.closest('a, button, input') !== null && (kind === 'change' || target !== file)) menu.open = false; });
  }
  return menu;
}
