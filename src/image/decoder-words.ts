/**
 * libvips keeps what it says of a failure in one place for the whole process, and whatever ends meanwhile, well or not, empties it.
 * What is said of a photo must not depend on what else is opened: what failed beside others is tried again by itself. All that sharp does
 * in a process that opens photos goes through here, what only writes pictures too.
 */

/** What is under way, and the last of those that are to be alone. */
const underWay = new Set<Promise<unknown>>();
let lastAlone: Promise<void> | undefined;

/**
 * Runs work of sharp. Where it fails and other such work was under way, it is run again while none is: what it throws then is its own.
 * @param isOwn whether an error is one that needs no words of libvips
 */
export async function withOwnWords<T>(work: () => Promise<T>, isOwn: (error: unknown) => boolean = () => false): Promise<T> {
  while (lastAlone !== undefined) await lastAlone;
  const isFirst = underWay.size === 0;
  begun += 1;
  const mine = begun;
  const running = work();
  underWay.add(running);
  try {
    return await running;
  } catch (error) {
    const wasAlone = isFirst && mine === begun;
    if (wasAlone || isOwn(error)) throw error;
  } finally {
    underWay.delete(running);
  }
  return alone(work);
}

/** How often work began: tells whether something began beside. */
let begun = 0;

async function alone<T>(work: () => Promise<T>): Promise<T> {
  const before = lastAlone;
  const mine = (async () => {
    await before;
    await Promise.allSettled(underWay);
    return work();
  })();
  const ended = mine.then(() => undefined, () => undefined);
  lastAlone = ended;
  try {
    return await mine;
  } finally {
    if (lastAlone === ended) lastAlone = undefined;
  }
}
