/**
 * What the page knows and shows: photos, choices, which of them are shown, the cursor and the selection.
 */
import type { ReportData, VerdictName } from '../../reports/html/data.js';
import type { ChoiceData, ItemData, ProgressData, ShootData } from '../data.js';

export type Filter = VerdictName | 'all' | 'mine';

export interface View {
  readonly filter: Filter;
  /** Part of a name or of a reason. */
  readonly search: string;
  /** Scenes are shown as one card each. */
  readonly stacked: boolean;
}

export class Model {
  readonly report: ReportData;
  readonly items: ItemData[];
  readonly choices: Map<number, ChoiceData>;
  readonly selection = new Set<number>();
  view: View = { filter: 'all', search: '', stacked: false };
  /** Numbers of the photos that are shown, in order. */
  shown: readonly number[] = [];
  /** Number of the photo that keys apply to. */
  cursor = 0;
  undo: boolean;
  redo: boolean;
  progress: ProgressData;

  constructor(data: ShootData) {
    this.report = data.report;
    this.items = [...data.items];
    this.choices = new Map(data.choices);
    [this.undo, this.redo, this.progress] = [data.undo, data.redo, data.progress];
    this.arrange();
  }

  /** Everything as the server knows it now; what is looked at stays. */
  renew({ items, choices, undo, redo, progress }: ShootData): void {
    for (const item of items) this.items[item.id] = item;
    this.choices.clear();
    for (const [id, choice] of choices) this.choices.set(id, choice);
    [this.undo, this.redo, this.progress] = [undo, redo, progress];
  }

  /** What counts: the person's word, then the tool's. */
  verdict(id: number): VerdictName | undefined {
    const choice = this.choices.get(id);
    return choice?.verdict ?? (choice?.stars === undefined ? this.items[id]?.verdict : 'keep');
  }

  /** Works out anew what is shown; the cursor stays where it is, or goes to the nearest photo that is shown. */
  arrange(): void {
    const kept = this.items.filter((item) => this.isShown(item));
    this.shown = (this.view.stacked ? this.topOfStacks(kept) : kept).map(({ id }) => id);
    if (!this.shown.includes(this.cursor)) this.cursor = this.shown.find((id) => id >= this.cursor) ?? this.shown.at(-1) ?? this.cursor;
  }

  /** Photos of a photo's scene, in order; the photo alone where it has none. */
  sceneOf(id: number): readonly number[] {
    const scene = this.items[id]?.scene?.scene;
    return scene === undefined ? [id] : this.items.filter((item) => item.scene?.scene === scene).map((item) => item.id);
  }

  /** The photos that a choice is for: the selection where the cursor is in it, else the photo under the cursor. */
  get chosenFor(): readonly number[] {
    return this.selection.has(this.cursor) ? [...this.selection] : this.items[this.cursor] === undefined ? [] : [this.cursor];
  }

  /** The photo so many places on from the cursor, or the last one that way. */
  next(by: number): number {
    const at = this.shown.indexOf(this.cursor);
    return this.shown[Math.min(Math.max(at + by, 0), this.shown.length - 1)] ?? this.cursor;
  }

  count(filter: Filter): number {
    return this.items.filter(({ id }) => this.fits(id, filter)).length;
  }

  private isShown({ id, photo, reasons }: ItemData): boolean {
    const { filter, search } = this.view;
    const text = search.toLowerCase();
    return this.fits(id, filter) && (text === '' || photo.toLowerCase().includes(text) || reasons.toLowerCase().includes(text));
  }

  private fits(id: number, filter: Filter): boolean {
    switch (filter) {
      case 'all': return true;
      case 'mine': return this.choices.has(id);
      default: return this.verdict(id) === filter;
    }
  }

  /** Of each scene the frame that the person gave most, or else the best. */
  private topOfStacks(items: readonly ItemData[]): ItemData[] {
    const tops = new Map<number, ItemData>();
    for (const item of items) {
      if (item.scene === undefined) continue;
      const top = tops.get(item.scene.scene);
      if (top === undefined || this.worth(item) > this.worth(top)) tops.set(item.scene.scene, item);
    }
    return items.filter((item) => item.scene === undefined || tops.get(item.scene.scene) === item);
  }

  private worth({ id, scene }: ItemData): number {
    const choice = this.choices.get(id);
    const own = choice?.verdict === 'reject' ? -1000 : (choice?.stars ?? 0) * 1000 + (choice?.verdict === 'keep' ? 500 : 0);
    return own - (scene?.rank ?? 1);
  }
}

/** A choice in one glance. */
export function signOf(choice: ChoiceData | undefined): string {
  if (choice === undefined) return '';
  const flag = choice.verdict === undefined ? '' : { keep: '✓', review: '?', reject: '✕' }[choice.verdict];
  return [flag, '★'.repeat(choice.stars ?? 0)].filter((sign) => sign !== '').join(' ');
}
