/**
 * The grid of photos. Cards are made once; pictures and boxes come and go as cards scroll into view.
 */
import { button, element } from './dom.js';
import type { Choices } from './choices.js';
import { faceBoxes } from './face.js';
import { shortName } from './name.js';
import type { Photo } from './photos.js';

interface Card {
  readonly root: HTMLElement;
  readonly frame: HTMLElement;
  readonly badge: HTMLElement;
  readonly photo: Photo;
}

export interface GridEvents {
  pick(photo: Photo): void;
  open(photo: Photo): void;
  mark(photo: Photo): void;
}

export class Grid {
  readonly root = element('div', { class: 'grid', role: 'listbox', 'aria-label': 'Photos', tabindex: '0' });
  private readonly cards: readonly Card[];
  private readonly cardOf = new Map<Element, Card>();
  private readonly observer: IntersectionObserver;
  private cursor: Card | undefined;

  constructor(photos: readonly Photo[], private readonly choices: Choices, events: GridEvents) {
    this.cards = photos.map((photo) => this.makeCard(photo, events));
    this.observer = new IntersectionObserver((entries) => { this.fill(entries); }, { rootMargin: '600px 0px' });
    for (const card of this.cards) {
      this.cardOf.set(card.root, card);
      this.observer.observe(card.root);
    }
  }

  /** Shows these photos, in this order. */
  show(photos: readonly Photo[]): void {
    const nodes = photos.map((photo) => this.cards[photo.index]?.root).filter((node) => node !== undefined);
    this.root.replaceChildren(...nodes);
    if (photos.length === 0) this.root.append(element('p', { class: 'empty' }, 'No photo fits these filters.'));
  }

  /** Moves the cursor and brings it into view. */
  setCursor(photo: Photo | undefined): void {
    this.cursor?.root.setAttribute('aria-selected', 'false');
    this.cursor = photo === undefined ? undefined : this.cards[photo.index];
    this.cursor?.root.setAttribute('aria-selected', 'true');
    this.cursor?.root.scrollIntoView({ block: 'nearest' });
  }

  /** Draws a photo's verdict and choice anew. */
  refresh(photo: Photo): void {
    const card = this.cards[photo.index];
    if (card === undefined) return;
    const choice = this.choices.of(photo);
    card.root.dataset['verdict'] = this.choices.verdict(photo);
    card.root.classList.toggle('dropped', choice?.verdict === 'reject');
    card.badge.textContent = choice === undefined ? '' : choiceSign(choice.verdict, choice.stars);
    card.badge.title = choice === undefined ? '' : 'Your choice';
  }

  setMarked(photo: Photo, marked: boolean): void {
    this.cards[photo.index]?.root.classList.toggle('marked', marked);
  }

  /** How many cards stand side by side. */
  columns(): number {
    return getComputedStyle(this.root).gridTemplateColumns.split(' ').length;
  }

  private makeCard(photo: Photo, events: GridEvents): Card {
    const frame = element('div', { class: 'frame' });
    const badge = element('span', { class: 'badge' });
    const mark = button('', 'Mark for comparing (space)', () => { events.mark(photo); }, 'mark');
    const name = photo.photo.split('/').at(-1) ?? photo.photo;
    const root = element('article', { class: 'card', role: 'option', 'aria-selected': 'false', title: photo.photo },
      frame, mark, badge,
      element('div', { class: 'caption' }, element('i', { class: 'dot' }), shortName(name)),
      element('p', { class: 'why' }, photo.error ?? photo.reasons.join('; ')));
    frame.addEventListener('click', () => { events.pick(photo); });
    frame.addEventListener('dblclick', () => { events.open(photo); });
    const card = { root, frame, badge, photo };
    root.dataset['verdict'] = this.choices.verdict(photo);
    return card;
  }

  private fill(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = this.cardOf.get(entry.target);
      if (card === undefined) continue;
      if (entry.isIntersecting) card.frame.replaceChildren(...pictureOf(card.photo));
      else card.frame.replaceChildren();
    }
  }
}

/** A choice in one glance: stars, a tick, a question mark or a cross. */
export function choiceSign(verdict: string, stars: number): string {
  if (stars > 0) return '★'.repeat(stars);
  return { keep: '✓', review: '?', reject: '✕' }[verdict] ?? '';
}

function pictureOf(photo: Photo): Node[] {
  const source = photo.thumbnail();
  if (source === undefined) return [element('p', { class: 'no-picture' }, photo.error === undefined ? 'no picture' : 'cannot be read')];
  const image = element('img', { src: source, alt: '', draggable: 'false', decoding: 'async' });
  return [image, faceBoxes(photo)];
}
