/**
 * Work on many values, several at once, whose results come in the order of the values.
 */

/**
 * Maps values one by one as the results are taken: whoever takes none any more stops the work.
 * @param values may be slow: a result that is ready does not wait for the next value
 * @param most values in work or waiting for an earlier one, at least 1
 * @throws as `values` and `work` do, and the reason of the signal once that is aborted
 */
export async function* mapOrdered<T, R>(
  values: AsyncIterable<T> | Iterable<T>, most: number, work: (value: T) => Promise<R>, signal: AbortSignal,
): AsyncGenerator<R, void, undefined> {
  const source = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  const inWork: Promise<R>[] = [];
  let coming: Promise<IteratorResult<T, unknown>> | undefined;
  let ended = false;
  try {
    while (!ended || inWork.length > 0) {
      if (!ended && inWork.length < most && coming === undefined) coming = heardOf(Promise.resolve(source.next()));
      const [first] = inWork;
      if (coming !== undefined && await unlessAborted(comesBefore(coming, first), signal)) {
        const { done, value } = await coming;
        coming = undefined;
        if (done === true) ended = true;
        else inWork.push(heardOf(work(value)));
      } else if (first !== undefined) {
        void inWork.shift();
        yield await unlessAborted(first, signal);
      }
    }
  } finally {
    // A source that is just asked for a value hears of its end only when it has given that: nobody waits for it.
    const returned = ended ? undefined : Promise.resolve(source.return?.());
    if (coming === undefined) await returned;
    else void returned?.catch(() => undefined);
  }
}

/** Whether the next value is there before the next result. */
async function comesBefore(value: Promise<unknown>, result: Promise<unknown> | undefined): Promise<boolean> {
  const settled = (promise: Promise<unknown>, answer: boolean): Promise<boolean> => promise.then(() => answer, () => answer);
  return result === undefined ? settled(value, true) : Promise.race([settled(result, false), settled(value, true)]);
}

/** A failure is met by whoever takes the result; until then nobody may be there to meet it. */
function heardOf<T>(result: Promise<T>): Promise<T> {
  result.catch(() => undefined);
  return result;
}

/** What a promise gives, or the reason of the signal where that comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = withReject();
  const onAbort = (): void => { reject(signal.reason); };
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, fail) => { reject = fail; });
  return { promise, reject };
}
