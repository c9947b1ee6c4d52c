/**
 * Which photos are shown, and in which order.
 */
import type { ReportData, VerdictName } from '../data.js';
import type { Choices } from './choices.js';
import type { Photo } from './photos.js';

/** The orders that a person can choose from: the page's own and, between the verdict and the size, those of the stages. */
export function ordersOf(report: ReportData): readonly { readonly value: string; readonly text: string }[] {
  return [
    { value: 'name', text: 'Name' },
    { value: 'verdict', text: 'Verdict, rejects first' },
    ...report.orders,
    { value: 'size', text: 'Largest face first' },
    { value: 'faces', text: 'Most faces first' },
    { value: 'stars', text: 'My stars, most first' },
  ];
}

export interface View {
  readonly verdict: VerdictName | 'all' | 'chosen';
  /** A reason, or empty for all. */
  readonly topic: string;
  readonly order: string;
  readonly reversed: boolean;
  /** Part of a name. */
  readonly search: string;
}

/** The photos of a view. Photos that a score is missing for come last, either way round. */
export function arrange(photos: readonly Photo[], choices: Choices, view: View): Photo[] {
  const shown = photos.filter((photo) => isShown(photo, choices, view));
  const score = scoreOf(view.order, choices);
  const sign = view.reversed ? -1 : 1;
  return shown.sort((a, b) => {
    const first = score(a);
    const second = score(b);
    if (first === undefined || second === undefined) return Number(first === undefined) - Number(second === undefined);
    return sign * (first - second || a.index - b.index);
  });
}

function isShown(photo: Photo, choices: Choices, view: View): boolean {
  if (view.verdict === 'chosen' && choices.of(photo) === undefined) return false;
  if (view.verdict !== 'all' && view.verdict !== 'chosen' && choices.verdict(photo) !== view.verdict) return false;
  if (view.topic !== '' && !photo.topics.includes(view.topic)) return false;
  return photo.photo.toLowerCase().includes(view.search.toLowerCase());
}

function scoreOf(order: string, choices: Choices): (photo: Photo) => number | undefined {
  switch (order) {
    case 'verdict': return (photo) => ['reject', 'review', 'keep'].indexOf(choices.verdict(photo));
    case 'size': return (photo) => -photo.faceShare;
    case 'faces': return (photo) => -photo.faces.length;
    case 'stars': return (photo) => -choices.stars(photo);
    case 'name': return (photo) => photo.index;
    default: return (photo) => photo.ranks.get(order);
  }
}
