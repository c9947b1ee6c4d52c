/**
 * The grid. Only the rows in sight are there, however many photos there are.
 */
import { element } from '../../reports/html/page/dom.js';
import { shortName } from '../../reports/html/page/name.js';
import { fittedAt, thumbnailSide } from './api.js';
import { hiddenIfUnread, letGo } from './images.js';
import { signOf, type Model } from './model.js';

const gap = 12;
/** px that the bar for scrolling takes. */
const scrollbar = 15;
/** px below the picture: name and reason. */
const captionHeight = 46;
/** Rows above and below those in sight. */
const spare = 2;

export interface GridEvents {
  pick(id: number, how: 'only' | 'toggle' | 'through'): void;
  open(id: number): void;
}

export class Grid {
  readonly root = element('div', { class: 'sheet', role: 'listbox', 'aria-label': 'Photos', 'aria-multiselectable': 'true', tabindex: '0' });
  private readonly inner = element('div', { class: 'rows' });
  private readonly empty = element('p', { class: 'empty' }, 'No photo fits these filters.');
  private readonly cards = new Map<number, HTMLElement>();
  /** Two stand side by side at first, however narrow the window is. */
  private card = Math.min(190, Math.floor((innerWidth - 3 * gap) / 2) - scrollbar);
  private columns = 1;
  private waiting = false;

  constructor(private readonly model: Model, private readonly events: GridEvents) {
    this.root.append(this.inner);
    this.root.addEventListener('scroll', () => { this.soon(); }, { passive: true });
    new ResizeObserver(() => { this.layout(); }).observe(this.root);
  }

  get perRow(): number {
    return this.columns;
  }

  get perPage(): number {
    return this.columns * Math.max(1, Math.floor(this.root.clientHeight / this.rowHeight));
  }

  setSize(px: number): void {
    this.card = px;
    this.layout();
  }

  /** What is shown, or in which order, has changed. */
  layout(): void {
    const width = this.root.clientWidth - 2 * gap;
    if (width <= 0) return;
    this.columns = Math.max(1, Math.floor((width + gap) / (this.card + gap)));
    this.inner.style.height = `${String(Math.ceil(this.model.shown.length / this.columns) * this.rowHeight)}px`;
    if (this.model.shown.length === 0) this.inner.append(this.empty);
    else this.empty.remove();
    this.draw();
    this.refresh();
  }

  /** Draws photos anew whose verdict, choice or mark has changed; all in sight without ids. */
  refresh(ids?: Iterable<number>): void {
    for (const id of ids ?? [...this.cards.keys()]) {
      const card = this.cards.get(id);
      if (card !== undefined) this.fill(card, id);
    }
  }

  /** Brings the photo under the cursor into sight. */
  reveal(): void {
    const at = this.model.shown.indexOf(this.model.cursor);
    if (at < 0 || this.root.clientHeight === 0) return;
    const top = Math.floor(at / this.columns) * this.rowHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + this.rowHeight > this.root.scrollTop + this.root.clientHeight) this.root.scrollTop = top + this.rowHeight - this.root.clientHeight + gap;
    this.draw();
    this.root.setAttribute('aria-activedescendant', `card-${String(this.model.cursor)}`);
  }

  /** Photos that are not there yet are not waited for while the grid is not to be seen. */
  rest(): void {
    for (const image of this.inner.querySelectorAll('img')) letGo(image);
  }

  /** The grid is to be seen again. */
  wake(): void {
    for (const [id, card] of this.cards) {
      const image = card.querySelector('img');
      if (image?.hasAttribute('src') === false) image.src = fittedAt(id, thumbnailSide);
    }
    this.reveal();
  }

  private get rowHeight(): number {
    return this.card + captionHeight + gap;
  }

  private soon(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  private draw(): void {
    const { shown } = this.model;
    const first = Math.max(0, (Math.floor(this.root.scrollTop / this.rowHeight) - spare) * this.columns);
    const rows = Math.ceil(this.root.clientHeight / this.rowHeight) + 2 * spare + 1;
    const visible = shown.slice(first, first + rows * this.columns);
    const wanted = new Set(visible);
    for (const [id, card] of this.cards) {
      if (wanted.has(id)) continue;
      for (const image of card.querySelectorAll('img')) letGo(image);
      card.remove();
      this.cards.delete(id);
    }
    for (const [offset, id] of visible.entries()) this.place(this.cards.get(id) ?? this.make(id), first + offset);
  }

  private place(card: HTMLElement, at: number): void {
    const width = (this.root.clientWidth - 2 * gap - (this.columns - 1) * gap) / this.columns;
    card.style.width = `${String(width)}px`;
    card.style.height = `${String(this.rowHeight - gap)}px`;
    card.style.transform = `translate(${String((at % this.columns) * (width + gap))}px, ${String(Math.floor(at / this.columns) * this.rowHeight)}px)`;
  }

  private make(id: number): HTMLElement {
    const card = element('article', { class: 'card', role: 'option', id: `card-${String(id)}` });
    this.cards.set(id, card);
    this.fill(card, id);
    this.inner.append(card);
    card.addEventListener('click', (event) => {
      this.events.pick(id, event.shiftKey ? 'through' : event.ctrlKey || event.metaKey ? 'toggle' : 'only');
    });
    card.addEventListener('dblclick', () => { this.events.open(id); });
    return card;
  }

  private fill(card: HTMLElement, id: number): void {
    const item = this.model.items[id];
    if (item === undefined) return;
    const verdict = this.model.verdict(id);
    const name = item.photo.split('/').at(-1) ?? item.photo;
    card.dataset['verdict'] = verdict ?? 'waiting';
    card.title = item.photo;
    card.setAttribute('aria-label', `${item.photo}, ${verdict ?? 'not judged yet'}. ${item.reasons}`);
    card.setAttribute('aria-selected', String(this.model.selection.has(id) || id === this.model.cursor));
    card.classList.toggle('cursor', id === this.model.cursor);
    card.classList.toggle('marked', this.model.selection.has(id));
    const stack = this.model.view.stacked && item.scene !== undefined ? item.scene.frames : 0;
    card.classList.toggle('stack', stack > 0);
    const choice = this.model.choices.get(id);
    card.classList.toggle('dropped', choice?.verdict === 'reject');
    const image = card.querySelector('img') ?? this.picture(id);
    const frame = card.querySelector('.frame') ?? element('div', { class: 'frame' }, image);
    card.replaceChildren(frame,
      element('span', { class: 'badge', 'data-colour': choice?.colour ?? '' }, signOf(choice)),
      element('span', { class: 'count' }, stack > 0 ? String(stack) : item.scene?.rank === 1 ? 'best' : ''),
      element('div', { class: 'caption' }, element('i', { class: 'dot' }), shortName(name)),
      element('p', { class: 'why' }, verdict === undefined ? 'waiting' : item.reasons));
  }

  private picture(id: number): HTMLImageElement {
    return hiddenIfUnread(element('img', { src: fittedAt(id, thumbnailSide), alt: '', draggable: 'false', decoding: 'async' }));
  }
}
