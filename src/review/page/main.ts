/**
 * The page of a review: asks for the photos, builds the parts, and connects them.
 */
import { element } from '../../reports/html/page/dom.js';
import type { ChangeData, NewsData, ShootData } from '../data.js';
import { choose, forgetPhoto, forgetPhotos, importChoices, listen, redo, undo } from './api.js';
import { Bar } from './bar.js';
import { changeForKey, type Act } from './choice-bar.js';
import { Compare } from './compare.js';
import { Grid } from './grid.js';
import { helpDialog } from './help.js';
import { LessonDialog } from './lesson.js';
import { Model, type View } from './model.js';
import { PhotoView } from './photo-view.js';

type Place = 'grid' | 'photo' | 'compare';

/** px of the screen that an arrow moves what is seen at 100 %. */
const panStep = 160;

class Page {
  private readonly model: Model;
  private readonly act: Act = { choose: (change) => { this.choose(change); }, compare: () => { this.compareHere(); } };
  private readonly grid: Grid;
  private readonly photo: PhotoView;
  private readonly compare: Compare;
  private readonly bar: Bar;
  private readonly help = helpDialog();
  private readonly lesson = new LessonDialog((id) => {
    this.moveTo(id);
    this.go('photo');
  });
  private readonly note = element('p', { class: 'note', role: 'status' });
  private place: Place = 'grid';
  private cameFrom: Place = 'grid';
  private anchor = 0;
  private goesOn = true;

  constructor(data: ShootData) {
    this.model = new Model(data);
    this.grid = new Grid(this.model, {
      pick: (id, how) => { this.pick(id, how); },
      open: (id) => { this.moveTo(id); this.go('photo'); },
    });
    this.photo = new PhotoView(this.model, this.act);
    this.compare = new Compare(this.model, this.act, (id) => { this.moveTo(id); });
    this.bar = new Bar(this.model, {
      view: (change) => { this.setView(change); },
      undo: () => { this.goBackTo(undo()); },
      redo: () => { this.goBackTo(redo()); },
      import: (text) => { this.do(importChoices(text).then(({ known, all }) => { this.say(`${String(known)} of ${String(all)} choices are of photos that are here.`); })); },
      learn: () => { this.lesson.show(); },
      size: (px) => { this.grid.setSize(px); },
      help: () => { this.help.showModal(); },
    });
  }

  start(root: HTMLElement): void {
    root.replaceChildren(this.bar.root, this.grid.root, this.photo.root, this.compare.root, this.help, this.lesson.root, this.note);
    this.go('grid');
    this.grid.layout();
    document.addEventListener('keydown', (event) => { this.key(event); });
  }

  /** Takes everything in anew, after a time in which nothing could be heard. */
  renew(data: ShootData): void {
    forgetPhotos();
    this.model.renew(data);
    this.say('');
    this.setView({});
    if (this.place === 'compare') this.compare.refresh();
  }

  take(news: NewsData): void {
    if (news.kind === 'choices') {
      for (const [id, choice] of news.choices) {
        if (Object.keys(choice).length === 0) this.model.choices.delete(id);
        else this.model.choices.set(id, choice);
      }
      [this.model.undo, this.model.redo] = [news.undo, news.redo];
      this.refresh(news.choices.map(([id]) => id));
      return;
    }
    for (const item of news.items) {
      this.model.items[item.id] = item;
      forgetPhoto(item.id);
    }
    this.model.progress = news.progress;
    if (this.model.view.filter === 'all' && !this.model.view.stacked && this.model.view.search === '') this.refresh(news.items.map(({ id }) => id));
    else {
      this.model.arrange();
      this.grid.layout();
      this.bar.refresh();
    }
    if (this.place === 'photo' && news.items.some(({ id }) => id === this.model.cursor)) this.photo.show(this.model.cursor);
  }

  /** A photo that a choice takes out of the view stays until the view changes: nothing jumps under the hand. */
  private refresh(ids: readonly number[]): void {
    this.grid.refresh(ids);
    this.bar.refresh();
    if (this.place === 'photo' && ids.includes(this.model.cursor)) this.photo.refresh();
    if (this.place === 'compare') this.compare.refresh();
  }

  private setView(change: Partial<View>): void {
    this.model.view = { ...this.model.view, ...change };
    this.model.arrange();
    this.bar.refresh();
    this.grid.layout();
    this.grid.reveal();
    if (this.place === 'photo') this.photo.show(this.model.cursor);
  }

  private go(place: Place): void {
    if (place !== this.place) this.cameFrom = this.place;
    this.place = place;
    document.body.dataset['place'] = place;
    if (place === 'grid') {
      this.grid.root.focus();
      this.grid.wake();
    } else this.grid.rest();
    if (place !== 'compare') this.compare.leave();
    if (place === 'photo') {
      this.photo.show(this.model.cursor);
      this.photo.loupe.root.focus();
    }
  }

  private moveTo(id: number): void {
    const before = this.model.cursor;
    this.model.cursor = id;
    this.grid.refresh([before, id]);
    if (this.place === 'grid') this.grid.reveal();
    if (this.place === 'photo') this.photo.show(id);
    if (this.place === 'compare') this.compare.refresh();
  }

  private pick(id: number, how: 'only' | 'toggle' | 'through'): void {
    const { selection, shown } = this.model;
    if (how === 'only') {
      selection.clear();
      this.anchor = id;
    } else if (how === 'toggle') {
      if (selection.size === 0) selection.add(this.model.cursor);
      if (!selection.delete(id)) selection.add(id);
      this.anchor = id;
    } else {
      const [from, to] = [shown.indexOf(this.anchor), shown.indexOf(id)].sort((a, b) => a - b);
      selection.clear();
      for (const each of shown.slice(Math.max(0, from ?? 0), (to ?? 0) + 1)) selection.add(each);
    }
    this.model.cursor = id;
    this.grid.reveal();
    this.grid.refresh();
    this.bar.refresh();
  }

  private choose(change: ChangeData): void {
    const ids = this.place === 'grid' ? this.model.chosenFor : [this.model.cursor];
    if (ids.length === 0) return;
    this.do(choose({ ids, change }));
    if (this.goesOn && ids.length === 1 && this.place !== 'compare' && change.colour === undefined) this.moveTo(this.model.next(1));
  }

  /** This frame of the scene is picked, the others are rejected: one choice, one undo. */
  private onlyThis(): void {
    const { cursor } = this.model;
    const others = (this.place === 'compare' ? this.compare.photos : this.model.sceneOf(cursor)).filter((id) => id !== cursor);
    if (others.length === 0) {
      this.say('This photo has no scene.');
      return;
    }
    this.do(choose({ ids: others, change: { verdict: 'reject' } }, { ids: [cursor], change: { verdict: 'keep' } }));
    if (this.place === 'compare') this.go(this.cameFrom);
  }

  private compareHere(): void {
    const { selection, cursor, shown } = this.model;
    const selected = shown.filter((id) => selection.has(id));
    const scene = this.model.sceneOf(cursor);
    const at = shown.indexOf(cursor);
    const ids = selected.length > 1 ? selected : scene.length > 1 ? scene : shown.slice(at, at + 2);
    if (ids.length === 0) return;
    if (!ids.includes(cursor)) this.moveTo(ids[0] ?? cursor);
    this.go('compare');
    this.compare.show(ids);
  }

  /** What an undo was about is shown: of a choice that goes on to the next photo, the one that it was made for. */
  private goBackTo(undone: Promise<readonly number[]>): void {
    this.do(undone.then((ids) => {
      const places = this.place === 'compare' ? this.compare.photos : this.model.shown;
      const first = places.find((id) => ids.includes(id));
      if (first !== undefined && !ids.includes(this.model.cursor)) this.moveTo(first);
    }));
  }

  private do(work: Promise<unknown>): void {
    work.catch((error: unknown) => { this.say(error instanceof Error ? error.message : String(error)); });
  }

  say(text: string, stays = false): void {
    this.note.textContent = text;
    this.note.classList.remove('fading');
    if (!stays) requestAnimationFrame(() => { this.note.classList.add('fading'); });
  }

  private key(event: KeyboardEvent): void {
    if (isTyping(event.target) || this.help.open || this.lesson.root.open) return;
    if ((event.key === 'Enter' || event.key === ' ') && isButton(event.target)) return;
    const handled = event.ctrlKey || event.metaKey ? this.command(event) : !event.altKey && this.plainKey(event);
    if (handled) event.preventDefault();
  }

  private command(event: KeyboardEvent): boolean {
    switch (event.key.toLowerCase()) {
      case 'z': this.goBackTo(event.shiftKey ? redo() : undo()); return true;
      case 'y': this.goBackTo(redo()); return true;
      case 'a':
        if (this.place !== 'grid') return false;
        for (const id of this.model.shown) this.model.selection.add(id);
        this.grid.refresh();
        this.bar.refresh();
        return true;
      default: return false;
    }
  }

  private plainKey(event: KeyboardEvent): boolean {
    const change = changeForKey(event.key, this.model.choices.get(this.model.cursor));
    if (change !== undefined) {
      this.choose(change);
      return true;
    }
    switch (event.key) {
      case 's': this.setView({ stacked: !this.model.view.stacked }); return true;
      case 'c': this.compareHere(); return true;
      case 'b': this.onlyThis(); return true;
      case '?': this.help.showModal(); return true;
      case 'a':
        this.goesOn = !this.goesOn;
        this.say(this.goesOn ? 'Goes on to the next photo after a choice.' : 'Stays on the photo after a choice.');
        return true;
      case 'Escape': this.back(); return true;
      default: return { grid: () => this.gridKey(event), photo: () => this.photoKey(event.key), compare: () => this.compareKey(event.key) }[this.place]();
    }
  }

  private back(): void {
    if (this.place === 'photo' && this.photo.loupe.isFull) this.photo.loupe.toggle();
    else if (this.place === 'compare') this.go(this.cameFrom === 'compare' ? 'grid' : this.cameFrom);
    else if (this.place === 'photo') this.go('grid');
    else {
      this.model.selection.clear();
      this.grid.refresh();
      this.bar.refresh();
    }
  }

  private gridKey({ key, shiftKey }: KeyboardEvent): boolean {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.grid.perRow, ArrowDown: this.grid.perRow, PageUp: -this.grid.perPage, PageDown: this.grid.perPage,
      Home: -this.model.shown.length, End: this.model.shown.length,
    };
    const step = steps[key];
    if (step !== undefined) {
      const next = this.model.next(step);
      if (shiftKey) this.pick(next, 'through');
      else {
        this.anchor = next;
        this.moveTo(next);
      }
      return true;
    }
    if (key === ' ' || key === 'Enter') this.go('photo');
    else if (key === 'z') {
      this.go('photo');
      this.photo.nextFace();
    } else return false;
    return true;
  }

  private photoKey(key: string): boolean {
    const { loupe } = this.photo;
    const pans: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-panStep, 0], ArrowRight: [panStep, 0], ArrowUp: [0, -panStep], ArrowDown: [0, panStep],
    };
    const pan = pans[key];
    if (pan !== undefined && loupe.isFull) loupe.pan(...pan);
    else if (key === 'ArrowLeft' || key === 'ArrowUp') this.moveTo(this.model.next(-1));
    else if (key === 'ArrowRight' || key === 'ArrowDown') this.moveTo(this.model.next(1));
    else if (key === 'Home') this.moveTo(this.model.next(-this.model.shown.length));
    else if (key === 'End') this.moveTo(this.model.next(this.model.shown.length));
    else if (key === ' ' || key === 'Enter') this.go('grid');
    else if (key === 'z') loupe.toggle();
    else if (key === 'n') this.photo.nextFace();
    else return false;
    return true;
  }

  private compareKey(key: string): boolean {
    if (key === 'ArrowLeft') this.moveTo(this.compare.next(-1));
    else if (key === 'ArrowRight') this.moveTo(this.compare.next(1));
    else if (key === 'n') this.compare.nextFace();
    else if (key === ' ' || key === 'Enter') this.go('photo');
    else return false;
    return true;
  }
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, summary') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input:not([type=range]), select, textarea') !== null;
}

const app = document.getElementById('app');
if (app !== null) {
  let page: Page | undefined;
  listen({
    all: (data) => {
      if (page !== undefined) page.renew(data);
      else {
        page = new Page(data);
        page.start(app);
      }
    },
    news: (news) => { page?.take(news); },
    lost: (message) => {
      if (page === undefined) app.replaceChildren(element('p', { class: 'loading' }, message));
      else page.say(message, true);
    },
  });
}
