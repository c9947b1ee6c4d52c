/**
 * The journal of a sort: a line with the plan, then a line for each step that was taken. Anybody who can write into the target
 * can leave one there, so what it says is believed only where it fits the folders that were named on the command line.
 */
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../core/usage-error.js';
import { currentUser, type Disk } from '../files/disk.js';
import { innerPath } from '../files/file-name.js';
import type { Action, Step } from './place.js';
import type { SortPlan } from './plan.js';
import { verdictFolders } from './verdicts.js';

/** A sort that is written down in a folder. */
export interface SortSession {
  /** The journal. */
  readonly path: string;
  /** Absolute, without links. */
  readonly folder: string;
  /** Absolute, without links. */
  readonly target: string;
  /** SHA-256 of the report. */
  readonly report: string;
  readonly action: Action;
  readonly steps: readonly Step[];
  /** Folders that were missing before: in the target, and how many of the target and those above it. */
  readonly made: { readonly inside: readonly string[]; readonly above: number };
  /** Numbers of the steps that were taken. */
  readonly done: ReadonlySet<number>;
  readonly finished: boolean;
}

const targetPath = innerPath.refine((path) =>
  path.includes('/') && verdictFolders.some((verdict) => path.startsWith(`${verdict}/`)), 'it is in no folder of a verdict');
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const stepSchema = z.strictObject({
  from: innerPath,
  to: targetPath,
  size: z.number().int().min(0),
  modified: z.number(),
});

const planSchema = z.strictObject({
  journal: z.literal('portrait-pipeline sort'),
  version: z.literal(1),
  user: z.number().int(),
  folder: z.string(),
  target: z.string(),
  report: hash,
  action: z.enum(['copy', 'link', 'move']),
  made: z.strictObject({ inside: z.array(innerPath), above: z.number().int().min(0).max(64) }),
  steps: z.array(stepSchema),
});
type PlanLine = z.infer<typeof planSchema>;

const markSchema = z.union([
  z.strictObject({ done: z.number().int().min(0) }),
  z.strictObject({ finished: z.literal(true) }),
  /** What was done is being taken back: marks before this one count no longer. */
  z.strictObject({ undoing: z.literal(true) }),
]);
export type Mark = z.infer<typeof markSchema>;

const journalName = /^sort-([1-9]\d{0,8})\.journal$/;

/**
 * The newest sort into a target that was begun, or undefined where there was none. Only reads.
 * @param target absolute, without links
 * @throws UsageError where a journal lies there that this user's sort into this folder cannot have written
 */
export async function lastSession(disk: Disk, target: string): Promise<SortSession | undefined> {
  for (const number of (await journalNumbers(disk, target)).reverse()) {
    const session = await readSession(disk, journalPath(target, number), target);
    if (session !== undefined) return session;
  }
  return undefined;
}

/** Removes journals whose plan was cut short: such a sort was never begun. Another file of that name stays. */
export async function clearUnbegun(disk: Disk, target: string): Promise<void> {
  for (const number of await journalNumbers(disk, target)) {
    const path = journalPath(target, number);
    const { text, whole } = await readJournal(disk, path);
    if (whole === 0 && mayBePlan(text)) await disk.remove(path);
  }
}

/** Writes a plan down. @returns the session, with no step taken. @throws as writing does; nothing is left then */
export async function writePlan(
  disk: Disk, plan: SortPlan, report: string, made: SortSession['made'],
): Promise<SortSession> {
  const { folder, target, action, steps } = plan;
  const numbers = await journalNumbers(disk, target);
  const path = journalPath(target, (numbers.at(-1) ?? 0) + 1);
  const line: PlanLine = {
    journal: 'portrait-pipeline sort', version: 1, user: currentUser, folder, target, report, action,
    made: { inside: [...made.inside], above: made.above },
    steps: steps.map(({ from, to, size, modified }) => ({ from: inner(folder, from), to: inner(target, to), size, modified })),
  };
  await disk.append(path, `${JSON.stringify(line)}\n`).catch(async (error: unknown) => {
    await disk.remove(path).catch(() => undefined);
    throw error;
  });
  return { path, folder, target, report, action, steps, made, done: new Set(), finished: false };
}

/**
 * Takes off a last line that was cut short, out of which the next one would grow, and makes what is left outlast a power cut:
 * the process that wrote it may have been killed before it could.
 */
export async function settleJournal(disk: Disk, path: string): Promise<void> {
  await disk.truncate(path, (await readJournal(disk, path)).whole);
  await disk.flushFolder(dirname(path));
}

/** Writes down what was done, for good. */
export async function mark(disk: Disk, path: string, what: Mark): Promise<void> {
  await disk.append(path, `${JSON.stringify(what)}\n`);
}

/** Undefined where not even the plan is whole. */
async function readSession(disk: Disk, path: string, target: string): Promise<SortSession | undefined> {
  const { text, owner } = await readJournal(disk, path);
  const lines = text.split('\n').slice(0, -1);
  const [first] = lines;
  if (first === undefined) {
    if (!mayBePlan(text)) throw notOurs(path, 'it is another file');
    return undefined;
  }
  const plan = parseLine(planSchema, first, path);
  if (plan.user !== currentUser || owner !== currentUser) throw notOurs(path, 'it belongs to another user');
  if (plan.target !== target) throw notOurs(path, `it was written for another folder, ${plan.target}`);
  const steps = plan.steps.map((step) => ({ ...step, from: join(plan.folder, step.from), to: join(target, step.to) }));
  if (new Set(steps.map(({ to }) => to)).size < steps.length) throw notOurs(path, 'it names a place twice');
  const { done, finished } = readMarks(lines.slice(1).map((line) => parseLine(markSchema, line, path)));
  const { folder, report, action, made } = plan;
  return { path, folder, target, report, action, steps, made, done, finished };
}

const planBegins = '{"journal":"portrait-pipeline sort"';

/** Whether a text without a whole line may be a plan on its way. */
function mayBePlan(text: string): boolean {
  return text.startsWith(planBegins) || planBegins.startsWith(text);
}

function readMarks(marks: readonly Mark[]): Pick<SortSession, 'done' | 'finished'> {
  const done = new Set<number>();
  let finished = false;
  for (const each of marks) {
    if ('undoing' in each) {
      done.clear();
      finished = false;
    } else if ('done' in each) done.add(each.done);
    else finished = true;
  }
  return { done, finished };
}

function parseLine<T>(schema: z.ZodType<T>, line: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw notOurs(path, 'it is damaged');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notOurs(path, `it says what no sort writes (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`);
}

function notOurs(path: string, why: string): UsageError {
  return new UsageError(`${path} is not a journal of a sort of yours into this folder: ${why}. Nothing was done. `
    + 'Look after it, and after the files here, by hand; without that file a sort begins anew.');
}

async function readJournal(disk: Disk, path: string): ReturnType<Disk['read']> {
  return disk.read(path).catch((error: unknown) => {
    throw notOurs(path, error instanceof Error ? error.message : String(error));
  });
}

/** Numbers of the journals in a folder, ascending; empty where there is no folder. */
async function journalNumbers(disk: Disk, target: string): Promise<number[]> {
  if (await disk.look(target) === undefined) return [];
  const names = await disk.list(target);
  return names.flatMap((name) => journalName.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b);
}

function journalPath(target: string, number: number): string {
  return join(target, `sort-${String(number)}.journal`);
}

function inner(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}
