/**
 * Work that waits for its turn.
 */

/** Nobody waits for the outcome any more. */
export class UnwantedError extends Error {}

interface Waiting {
  readonly urgency: number;
  readonly begin: () => void;
}

/** So much is done at once; then what is most urgent, and of equals what came first. What nobody waits for any more is not begun. */
export class Turns {
  private readonly waiting: Waiting[] = [];
  private running = 0;

  constructor(private readonly atOnce: number) {}

  /**
   * @param urgency the lower, the sooner
   * @param signal after its abort the work is not begun
   * @throws UnwantedError where it was not; else as the work does
   */
  take<T>(urgency: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const begin = (): void => {
        if (signal.aborted) {
          reject(new UnwantedError('Nobody waits for this any more.'));
          return;
        }
        this.running += 1;
        work().then(resolve, reject).finally(() => {
          this.running -= 1;
          this.next();
        });
      };
      this.waiting.push({ urgency, begin });
      this.next();
    });
  }

  private next(): void {
    while (this.running < this.atOnce && this.waiting.length > 0) {
      const least = Math.min(...this.waiting.map(({ urgency }) => urgency));
      const [first] = this.waiting.splice(this.waiting.findIndex(({ urgency }) => urgency === least), 1);
      first?.begin();
    }
  }
}
