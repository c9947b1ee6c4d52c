/**
 * The page of an HTML report: reads the data blocks, builds the parts, and connects them.
 */
import { arrange, type View } from './arrange.js';
import { choiceKeys } from './choice-buttons.js';
import { Choices, type Choice } from './choices.js';
import { Compare } from './compare.js';
import { Detail } from './detail.js';
import { element } from './dom.js';
import { Grid } from './grid.js';
import { helpDialog } from './help.js';
import { readPhotos, reportInPage, type Photo } from './photos.js';
import { choicesCsv, choicesJson, download } from './save.js';
import { Toolbar } from './toolbar.js';

class Page {
  private readonly report = reportInPage();
  private readonly photos = readPhotos();
  private readonly choices = new Choices();
  private readonly marked = new Set<Photo>();
  private view: View = { verdict: 'all', topic: '', order: 'name', reversed: false, search: '' };
  private shown: readonly Photo[] = [];
  private cursor: Photo | undefined;
  private goesOn = false;
  private readonly help = helpDialog();
  private readonly grid = new Grid(this.photos, this.choices, {
    pick: (photo) => { this.select(photo); this.openDetail(); },
    open: (photo) => { this.select(photo); this.openDetail(); },
    mark: (photo) => { this.mark(photo); },
  });
  private readonly detail = new Detail(this.report, this.choices, {
    choose: (photo, choice) => { this.choose(photo, choice); },
    close: () => { this.closeDetail(); },
  });
  private readonly compare = new Compare(this.report, this.choices, (photo, choice) => { this.choose(photo, choice); });
  private readonly toolbar = new Toolbar(this.report, this.photos, this.choices, {
    view: (change) => { this.setView(change); },
    compare: () => { this.openCompare(); },
    clearMarks: () => { this.clearMarks(); },
    save: (kind) => { this.save(kind); },
    help: () => { this.help.showModal(); },
  });
  private readonly note = element('p', { class: 'note', role: 'status' });

  start(root: HTMLElement): void {
    root.replaceChildren(this.toolbar.root, element('div', { class: 'body' }, this.grid.root, this.detail.root),
      this.compare.root, this.help, this.note);
    for (const photo of this.photos) this.grid.refresh(photo);
    this.setView({});
    document.addEventListener('keydown', (event) => { this.key(event); });
  }

  private setView(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    this.shown = arrange(this.photos, this.choices, this.view);
    this.grid.show(this.shown);
    this.toolbar.refresh(this.view.verdict, this.marked.size);
    const stays = this.cursor !== undefined && this.shown.includes(this.cursor);
    this.select(stays ? this.cursor : this.shown[0]);
  }

  private select(photo: Photo | undefined): void {
    this.cursor = photo;
    this.grid.setCursor(photo);
    this.detail.show(photo);
  }

  private move(by: number): void {
    const at = this.cursor === undefined ? -1 : this.shown.indexOf(this.cursor);
    const next = this.shown[Math.min(Math.max(at + by, 0), this.shown.length - 1)];
    if (next !== undefined) this.select(next);
  }

  /** A photo that a choice takes out of the view stays until the view changes: nothing jumps under the hand. */
  private choose(photo: Photo, choice: Choice | undefined): void {
    this.choices.set(photo, choice);
    this.grid.refresh(photo);
    this.toolbar.refresh(this.view.verdict, this.marked.size);
    if (this.compare.isOpen) this.compare.draw();
    else if (this.goesOn) this.move(1);
    if (this.cursor === photo) this.detail.show(photo);
  }

  private mark(photo: Photo): void {
    if (!this.marked.delete(photo)) this.marked.add(photo);
    this.grid.setMarked(photo, this.marked.has(photo));
    this.toolbar.refresh(this.view.verdict, this.marked.size);
  }

  private clearMarks(): void {
    for (const photo of [...this.marked]) this.mark(photo);
  }

  private openCompare(): void {
    const marked = this.shown.filter((photo) => this.marked.has(photo));
    const at = this.cursor === undefined ? 0 : this.shown.indexOf(this.cursor);
    const photos = marked.length > 1 ? marked : this.shown.slice(at, at + 2);
    if (photos.length > 0) this.compare.show(photos);
  }

  private openDetail(): void {
    document.body.classList.add('detail-open');
  }

  private closeDetail(): void {
    document.body.classList.remove('detail-open');
  }

  private save(kind: 'csv' | 'json'): void {
    const name = `${this.report.title.replace(/[^\p{L}\p{N}._-]+/gu, '-')}-choices`;
    if (kind === 'csv') download(`${name}.csv`, 'text/csv', choicesCsv(this.photos, this.choices));
    else download(`${name}.json`, 'application/json', choicesJson(this.photos, this.choices));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (this.help.open || (isPressKey(event.key) && isButton(event.target))) return;
    const handled = this.chooseByKey(event.key) || (this.compare.isOpen ? this.compare.key(event.key) : this.gridKey(event.key));
    if (handled) event.preventDefault();
  }

  private chooseByKey(key: string): boolean {
    const photo = this.compare.isOpen ? this.compare.current : this.cursor;
    if (photo === undefined || !choiceKeys.has(key)) return false;
    this.choose(photo, choiceKeys.get(key));
    return true;
  }

  private gridKey(key: string): boolean {
    const actions: Readonly<Record<string, () => void>> = {
      'ArrowLeft': () => { this.move(-1); },
      'ArrowRight': () => { this.move(1); },
      'ArrowUp': () => { this.move(-this.grid.columns()); },
      'ArrowDown': () => { this.move(this.grid.columns()); },
      'Home': () => { this.move(-this.shown.length); },
      'End': () => { this.move(this.shown.length); },
      ' ': () => { if (this.cursor !== undefined) this.mark(this.cursor); },
      'c': () => { this.openCompare(); },
      'Enter': () => { this.openDetail(); },
      'Escape': () => { this.closeDetail(); },
      'a': () => { this.toggleGoingOn(); },
      '?': () => { this.help.showModal(); },
    };
    const action = actions[key];
    action?.();
    return action !== undefined;
  }

  private toggleGoingOn(): void {
    this.goesOn = !this.goesOn;
    this.note.textContent = this.goesOn ? 'Goes on to the next photo after a choice.' : 'Stays on the photo after a choice.';
    this.note.classList.remove('fading');
    requestAnimationFrame(() => { this.note.classList.add('fading'); });
  }
}

function isPressKey(key: string): boolean {
  return key === 'Enter' || key === ' ';
}

function isButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, summary') !== null;
}

const app = document.getElementById('app');
if (app !== null) new Page().start(app);
