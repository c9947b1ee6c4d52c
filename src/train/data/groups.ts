/**
 * Which images belong together and must stay on one side of a split.
 */

/** How the group of an image is read from its name. */
export interface GroupRule {
  /** Regular expression on the file's name; the first capture that matched is the group. */
  readonly pattern: string;
  /** Numbers only: this many neighbouring numbers are one group. */
  readonly block: number;
}

/**
 * The group of one image.
 *
 * A captured text is the group by itself, so that the same photo or person in two sources is one group; a captured number
 * means something only within its source. A name that the rule does not match is a group of its own.
 * @param source name of the source
 * @param path path inside the source; only the file's name is looked at
 * @param rules rule by source name; a source without one has every image as its own group
 */
export function groupOf(source: string, path: string, rules: Readonly<Record<string, GroupRule>>): string {
  const alone = `${source}/${path}`;
  const rule = rules[source];
  if (rule === undefined) return alone;
  const match = new RegExp(rule.pattern).exec(path.split('/').at(-1) ?? path);
  // A part of the pattern that was not needed captures nothing, which the types of the language do not say.
  const captures: readonly (string | undefined)[] = match?.slice(1) ?? [];
  const captured = captures.find((text) => text !== undefined);
  if (captured === undefined) return alone;
  if (!/^\d+$/.test(captured)) return captured;
  return `${source}:${String(Math.floor(Number(captured) / rule.block))}`;
}

/** Sets that can be joined, and asked which one a member is in (union-find with path halving). */
export class DisjointSets {
  private readonly parent: Int32Array;

  /** @param count members, 0 to count - 1, each in a set of its own */
  constructor(count: number) {
    this.parent = Int32Array.from({ length: count }, (_, index) => index);
  }

  /** The member that stands for the set of `member`; the smallest of the set. */
  find(member: number): number {
    let at = member;
    for (;;) {
      const up = this.parent[at] ?? at;
      if (up === at) return at;
      const above = this.parent[up] ?? up;
      this.parent[at] = above;
      at = above;
    }
  }

  /** Joins the sets of two members. */
  join(a: number, b: number): void {
    const first = this.find(a);
    const second = this.find(b);
    this.parent[Math.max(first, second)] = Math.min(first, second);
  }
}
