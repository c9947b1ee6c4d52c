/**
 * Talks to the server. All addresses are relative: the token of the review is in the page's own.
 */
import type { ChangeData, LessonData, NewsData, ReviewPhoto, ShootData } from '../data.js';

const hasEnded = 'The review has ended: pipeline review is not running any more.';

/** @throws with the server's words where it refuses */
async function ask(path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(path, init).catch(() => {
    throw new Error(hasEnded);
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

/** What the server answers is of its own version: a guard tells that it is the kind of thing that was asked for, no more. */
async function answerOf<T>(answer: Response, is: (value: unknown) => value is T): Promise<T> {
  const value: unknown = await answer.json();
  if (!is(value)) throw new Error('The review answered with something else than was asked for.');
  return value;
}

interface Imported {
  readonly known: number;
  readonly all: number;
}

interface Chosen {
  readonly ids: readonly number[];
}

/** Where settings were written. */
interface Written {
  readonly file: string;
}

const has = (value: unknown, ...keys: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);
const isShoot = (value: unknown): value is ShootData => has(value, 'report', 'items', 'choices', 'progress');
const isPhoto = (value: unknown): value is ReviewPhoto => has(value, 'photo', 'faces');
const isImported = (value: unknown): value is Imported => has(value, 'known', 'all');
const isLesson = (value: unknown): value is LessonData => has(value, 'lines', 'changed');
const isWritten = (value: unknown): value is Written => has(value, 'file');
const isChosen = (value: unknown): value is Chosen => has(value, 'ids');
const isNews = (value: unknown): value is NewsData => has(value, 'kind');

async function fetchShoot(): Promise<ShootData> {
  return answerOf(await ask('shoot'), isShoot);
}

const known = new Map<number, Promise<ReviewPhoto>>();

/** Everything about a photo; asked for once. */
export function fetchPhoto(id: number): Promise<ReviewPhoto> {
  const asked = known.get(id) ?? ask(`photo/${String(id)}`).then((answer) => answerOf(answer, isPhoto));
  known.set(id, asked);
  asked.catch(() => known.delete(id));
  if (known.size > 400) for (const old of [...known.keys()].slice(0, 100)) known.delete(old);
  return asked;
}

/** What was known of a photo is out of date. */
export function forgetPhoto(id: number): void {
  known.delete(id);
}

/** So is what was known of all. */
export function forgetPhotos(): void {
  known.clear();
}

let latest: Promise<unknown> = Promise.resolve();

/** Begins when what was begun before has its answer: an undo that overtook a choice would take back the one before that. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = latest.then(work);
  latest = turn.catch(() => undefined);
  return turn;
}

/** Chooses all at once: one undo takes it back. */
export async function choose(...wishes: readonly { readonly ids: readonly number[]; readonly change: ChangeData }[]): Promise<void> {
  await inTurn(() => ask('choose', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wishes) }));
}

/** @returns numbers of the photos that it was about */
export async function undo(): Promise<readonly number[]> {
  return (await answerOf(await inTurn(() => ask('undo', { method: 'POST' })), isChosen)).ids;
}

/** @returns numbers of the photos that it was about */
export async function redo(): Promise<readonly number[]> {
  return (await answerOf(await inTurn(() => ask('redo', { method: 'POST' })), isChosen)).ids;
}

/** Hands a file that the HTML report saved to the server. @returns how many of its photos are in this review */
export async function importChoices(text: string): Promise<Imported> {
  return answerOf(await inTurn(() => ask('import', { method: 'POST', body: text })), isImported);
}

/** What the choices so far teach; takes as long as judging the chosen photos again. */
export async function learn(): Promise<LessonData> {
  return answerOf(await ask('learn', { method: 'POST' }), isLesson);
}

/** Writes what was proposed last. @returns the file that it is in now */
export async function writeLearned(): Promise<Written> {
  return answerOf(await ask('learn/write', { method: 'POST' }), isWritten);
}

export interface Listener {
  /** Everything: at first, and again when the connection was lost for a while. */
  readonly all: (data: ShootData) => void;
  /** What happened since, in this page or another. */
  readonly news: (news: NewsData) => void;
  /** Nothing can be heard any more. */
  readonly lost: (message: string) => void;
}

/** Listens first and asks for everything then, or what happens between the two would never be shown. */
export function listen({ all, news, lost }: Listener): void {
  const source = new EventSource('news');
  /** What comes while everything is on its way is taken in after it. */
  let held: NewsData[] | undefined;
  source.addEventListener('open', () => {
    const since: NewsData[] = [];
    held = since;
    fetchShoot().then((data) => {
      if (held !== since) return;
      held = undefined;
      all(data);
      for (const one of since) news(one);
    }, (error: unknown) => { lost(error instanceof Error ? error.message : String(error)); });
  });
  source.addEventListener('message', (event) => {
    const one: unknown = JSON.parse(String(event.data));
    if (!isNews(one)) return;
    if (held === undefined) news(one);
    else held.push(one);
  });
  source.addEventListener('error', () => {
    held = [];
    lost(hasEnded);
  });
}

/** px of the longest side of a photo in the grid. */
export const thumbnailSide = 320;

/** Address of the whole photo, its longest side no longer than `side` px. */
export function fittedAt(id: number, side: number): string {
  return `photo/${String(id)}/fitted/${String(side)}`;
}

/** Address of a part of the photo in full pixels. */
export function partAt(id: number, x: number, y: number, width: number, height: number): string {
  return `photo/${String(id)}/part?x=${String(Math.round(x))}&y=${String(Math.round(y))}&width=${String(Math.round(width))}&height=${String(Math.round(height))}`;
}
