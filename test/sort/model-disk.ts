/**
 * A disk in memory that shows every state it gets into, and that forgets at a power cut what was not flushed.
 *
 * What a power cut keeps is as little as POSIX promises: of the names of each folder any beginning of what was done to them
 * since it was flushed, whatever was done to other folders; of a content that was not flushed all of it or nothing. A rename is
 * one step for both folders.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { currentUser, type Disk, type DiskEntry } from '../../src/files/disk.js';

type Node =
  | { readonly kind: 'folder'; readonly names: Readonly<Record<string, number>> }
  | { readonly kind: 'file'; readonly content: string; readonly modified: number }
  | { readonly kind: 'link'; readonly to: string };

/** All there is, by number; the root is 0. */
type Tree = Readonly<Record<number, Node>>;

/** A change that is not flushed; `at` are the folders or the file that it waits for. */
interface Change {
  readonly at: readonly number[];
  readonly names: readonly { readonly folder: number; readonly name: string; readonly node: number | undefined }[];
  readonly content?: { readonly node: number; readonly value: Node };
}

/** What is on a disk, and what of it would outlast a power cut. Never changed; a step makes a new one. */
export interface DiskState {
  readonly live: Tree;
  readonly durable: Tree;
  readonly pending: readonly Change[];
}

export interface ModelOptions {
  /** Paths below this one are on a disk of their own. */
  readonly otherDisk?: string;
  /** Whether files can have second names. */
  readonly hasLinks?: boolean;
  /** A disk that says so without doing it. */
  readonly flushesFolders?: boolean;
  /** Called after each change: where a kill could have left it. */
  readonly onChange?: (state: DiskState) => void;
}

/** A state with files and links, all of them flushed. */
export function stateWith(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): DiskState {
  const disk = new ModelDisk({ live: { 0: { kind: 'folder', names: {} } }, durable: {}, pending: [] }, {});
  for (const [path, content] of Object.entries(files)) disk.put(path, { kind: 'file', content, modified: 1000 });
  for (const [path, to] of Object.entries(links)) disk.put(path, { kind: 'link', to });
  return allFlushed(disk.state);
}

/** Content of every file by path. */
export function filesOf({ live }: Pick<DiskState, 'live'>): Record<string, string> {
  const files: Record<string, string> = {};
  const visit = (number: number, path: string): void => {
    const node = live[number];
    if (node?.kind === 'file') files[path] = node.content;
    if (node?.kind === 'folder') for (const [name, child] of Object.entries(node.names)) visit(child, `${path}/${name}`);
  };
  visit(0, '');
  return files;
}

/** The same, with nothing left to lose. */
export function allFlushed({ live }: DiskState): DiskState {
  return { live, durable: live, pending: [] };
}

/** Every state that a power cut may leave. */
export function powerCuts({ durable, pending }: DiskState): DiskState[] {
  const results: DiskState[] = [];
  const choose = (index: number, tree: Tree, blocked: ReadonlySet<number>): void => {
    const change = pending[index];
    if (change === undefined) {
      results.push({ live: tree, durable: tree, pending: [] });
      return;
    }
    // Whatever waits for a lost change to the same folder is lost with it.
    if (!change.at.some((number) => blocked.has(number))) choose(index + 1, apply(tree, change), blocked);
    choose(index + 1, tree, new Set([...blocked, ...change.at]));
  };
  choose(0, durable, new Set());
  return results;
}

/** The same text for states that nothing can tell apart. */
export function fingerprint({ live, durable, pending }: DiskState): string {
  const order = new Map<number, number>([[0, 0]]);
  const visit = (tree: Tree, number: number): void => {
    const node = tree[number];
    if (node?.kind !== 'folder') return;
    for (const name of Object.keys(node.names).sort()) {
      const child = node.names[name] ?? 0;
      if (!order.has(child)) order.set(child, order.size);
      visit(tree, child);
    }
  };
  visit(live, 0);
  visit(durable, 0);
  for (const { names } of pending) for (const { node } of names) if (node !== undefined && !order.has(node)) order.set(node, order.size);
  const renumber = (tree: Tree): unknown => [...order].map(([number, place]) => {
    const node = tree[number];
    if (node?.kind === 'file') return [place, { ...node, content: meaningOf(node.content) }];
    if (node?.kind !== 'folder') return [place, node];
    return [place, Object.keys(node.names).sort().map((name) => [name, order.get(node.names[name] ?? 0)])];
  });
  const changes = pending.filter(({ at }) => at.some((number) => order.has(number))).map(({ names, content }) => [
    names.map(({ folder, name, node }) => [order.get(folder), name, node === undefined ? undefined : order.get(node)]),
    content?.value.kind === 'file' ? [order.get(content.node), meaningOf(content.value.content)] : undefined,
  ]);
  return JSON.stringify([renumber(live), renumber(durable), changes]);
}

/** Of the marks in a journal only those count that no later one takes back, in whatever order. */
function meaningOf(content: string): string {
  const [plan, ...marks] = content.split('\n');
  if (plan === undefined || marks.length === 0) return content;
  const cut = marks.pop();
  const counting = marks.slice(marks.lastIndexOf('{"undoing":true}') + 1);
  return [plan, ...new Set(counting.sort()), cut === '' ? '' : 'cut'].join('\n');
}

function apply(tree: Tree, { names, content }: Change): Tree {
  const changed: Record<number, Node> = { ...tree };
  if (content !== undefined) changed[content.node] = content.value;
  for (const { folder, name, node } of names) {
    const entry = changed[folder] ?? { kind: 'folder', names: {} };
    if (entry.kind !== 'folder') continue;
    const names: Record<string, number> = Object.fromEntries(Object.entries(entry.names).filter(([each]) => each !== name));
    if (node !== undefined) names[name] = node;
    changed[folder] = { kind: 'folder', names };
  }
  return changed;
}

/** A disk that starts from a state and shows each one that it gets into. */
export class ModelDisk implements Disk {
  private next: number;

  constructor(public state: DiskState, private readonly options: ModelOptions) {
    this.next = Math.max(0, ...[...Object.keys(state.live), ...Object.keys(state.durable)].map(Number)) + 1;
  }

  /** Puts something there with the folders above it. */
  put(path: string, node: Node): void {
    const parent = dirname(path);
    if (this.find(parent) === undefined) this.put(parent, { kind: 'folder', names: {} });
    this.create(path, node);
  }

  look(path: string): Promise<DiskEntry | undefined> {
    return this.step(() => {
      const number = this.find(path);
      return number === undefined ? undefined : this.entry(number, path);
    });
  }

  follow(path: string): Promise<DiskEntry | undefined> {
    return this.step(() => {
      const real = this.leadsTo(path);
      const number = real === undefined ? undefined : this.find(real);
      return number === undefined || real === undefined ? undefined : this.entry(number, real);
    });
  }

  realPath(path: string): Promise<string> {
    return this.step(() => this.real(path));
  }

  list(folder: string): Promise<string[]> {
    return this.step(() => Object.keys(this.folder(folder).names));
  }

  mayBeCopyOf(path: string, whole: string): Promise<boolean> {
    return this.step(() => this.file(this.real(whole)).content.startsWith(this.file(path).content));
  }

  hash(path: string): Promise<string> {
    return this.step(() => createHash('sha256').update(this.file(this.real(path)).content).digest('hex'));
  }

  read(path: string): ReturnType<Disk['read']> {
    return this.step(() => {
      const { content: text } = this.file(path);
      return { text, owner: currentUser, whole: Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)) };
    });
  }

  append(path: string, text: string): Promise<void> {
    return this.step(() => {
      if (this.find(path) === undefined) this.change(() => { this.create(path, { kind: 'file', content: '', modified: 2000 }); });
      const before = this.file(path);
      // A line can be cut short on its way.
      this.change(() => { this.write(path, { ...before, content: before.content + text.slice(0, Math.floor(text.length / 2)) }); });
      this.change(() => { this.write(path, { ...before, content: before.content + text }); });
      this.change(() => { this.flush(this.number(path)); });
    });
  }

  truncate(path: string, size: number): Promise<void> {
    return this.step(() => {
      const before = this.file(path);
      this.change(() => { this.write(path, { ...before, content: before.content.slice(0, size) }); });
      this.change(() => { this.flush(this.number(path)); });
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.step(() => {
      if (this.device(from) !== this.device(to)) throw systemError('EXDEV');
      if (this.options.hasLinks === false) throw systemError('EPERM');
      if (this.find(to) !== undefined) throw systemError('EEXIST');
      const node = this.number(from);
      this.change(() => { this.changeNames([this.named(to, node)]); });
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.step(() => {
      if (this.device(from) !== this.device(to)) throw systemError('EXDEV');
      const node = this.number(from);
      this.change(() => { this.changeNames([this.named(from, undefined), this.named(to, node)]); });
    });
  }

  copy(from: string, to: string): Promise<void> {
    return this.step(() => {
      const source = this.file(this.real(from));
      if (this.find(to) !== undefined) throw systemError('EEXIST');
      this.change(() => { this.create(to, { kind: 'file', content: '', modified: 2000 }); });
      this.change(() => { this.write(to, { kind: 'file', content: source.content.slice(0, 1), modified: 2000 }); });
      this.change(() => { this.write(to, { kind: 'file', content: source.content, modified: 2000 }); });
      this.change(() => { this.write(to, source); });
      this.change(() => { this.flush(this.number(to)); });
    });
  }

  flushFile(path: string): Promise<void> {
    return this.step(() => {
      const file = this.number(this.real(path));
      this.change(() => { this.flush(file); });
    });
  }

  remove(path: string): Promise<void> {
    return this.step(() => {
      this.number(path);
      this.change(() => { this.changeNames([this.named(path, undefined)]); });
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.step(() => { this.change(() => { this.create(path, { kind: 'folder', names: {} }); }); });
  }

  removeFolder(path: string): Promise<void> {
    return this.step(() => {
      if (Object.keys(this.folder(path).names).length > 0) throw systemError('ENOTEMPTY');
      this.change(() => { this.changeNames([this.named(path, undefined)]); });
    });
  }

  flushFolder(path: string): Promise<void> {
    return this.step(() => {
      const folder = this.number(path);
      if (this.options.flushesFolders !== false) this.change(() => { this.flush(folder); });
    });
  }

  private step<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => { resolve(work()); });
  }

  private change(work: () => void): void {
    work();
    this.options.onChange?.(this.state);
  }

  private find(path: string): number | undefined {
    let number: number | undefined = 0;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const node: Node | undefined = number === undefined ? undefined : this.state.live[number];
      number = node?.kind === 'folder' && Object.hasOwn(node.names, name) ? node.names[name] : undefined;
    }
    return number;
  }

  private number(path: string): number {
    const number = this.find(path);
    if (number === undefined) throw systemError('ENOENT');
    return number;
  }

  private real(path: string): string {
    const real = this.leadsTo(path);
    if (real === undefined) throw systemError('ENOENT');
    return real;
  }

  private leadsTo(path: string): string | undefined {
    const node = this.state.live[this.find(path) ?? -1];
    if (node?.kind === 'link') return this.leadsTo(node.to);
    return node === undefined ? undefined : path;
  }

  private file(path: string): Node & { kind: 'file' } {
    const node = this.state.live[this.number(path)];
    if (node?.kind !== 'file') throw systemError('EISDIR');
    return node;
  }

  private folder(path: string): Node & { kind: 'folder' } {
    const node = this.state.live[this.number(path)];
    if (node?.kind !== 'folder') throw systemError('ENOTDIR');
    return node;
  }

  private entry(number: number, path: string): DiskEntry {
    const node = this.state.live[number];
    const names = Object.values(this.state.live).flatMap((each) => each.kind === 'folder' ? Object.values(each.names) : []);
    return {
      kind: node?.kind ?? 'other',
      size: node?.kind === 'file' ? node.content.length : 0,
      modified: node?.kind === 'file' ? node.modified : 0,
      identity: `${this.device(path)}:${String(number)}`,
      names: names.filter((each) => each === number).length,
      owner: currentUser,
    };
  }

  private device(path: string): string {
    const { otherDisk } = this.options;
    return otherDisk !== undefined && (path === otherDisk || path.startsWith(`${otherDisk}/`)) ? 'other' : 'one';
  }

  private named(path: string, node: number | undefined): Change['names'][number] {
    return { folder: this.number(dirname(path)), name: basename(path), node };
  }

  private create(path: string, node: Node): void {
    const number = this.next;
    this.next += 1;
    // That there is an empty file or folder is known with its name; what is in it is not.
    const empty: Node = node.kind === 'file' ? { ...node, content: '' } : node;
    this.state = {
      live: { ...this.state.live, [number]: node }, durable: { ...this.state.durable, [number]: empty }, pending: this.state.pending,
    };
    this.changeNames([this.named(path, number)]);
    if (node.kind === 'file' && node.content !== '') this.write(path, node);
  }

  private write(path: string, value: Node): void {
    const node = this.number(path);
    this.do({ at: [node], names: [], content: { node, value } });
  }

  private changeNames(names: Change['names']): void {
    this.do({ at: names.map(({ folder }) => folder), names });
  }

  private do(change: Change): void {
    const { live, durable, pending } = this.state;
    this.state = { live: apply(live, change), durable, pending: [...pending, change] };
  }

  /** Makes all changes at a folder or file durable, with those that they wait for. */
  private flush(number: number): void {
    const { live, pending } = this.state;
    const wanted = new Set([number]);
    const flushed = new Set<Change>();
    for (const change of pending.toReversed()) {
      if (!change.at.some((at) => wanted.has(at))) continue;
      flushed.add(change);
      for (const at of change.at) wanted.add(at);
    }
    const durable = pending.filter((change) => flushed.has(change)).reduce(apply, this.state.durable);
    this.state = { live, durable, pending: pending.filter((change) => !flushed.has(change)) };
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
