/**
 * Where photos are judged: processes of this machine, or anything else that takes photos and gives back results. A run knows
 * this interface only.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';
import type { PhotoSettings } from '../pipeline/photo.js';

/** Works on images, several at once. */
export interface Executor<Item, Settings, Result> {
  /** Gets ready for the first items already, while its caller does. */
  prepare(): void;
  /**
   * Works on items, several at once. One that cannot be worked on, whatever it does to its worker, costs a result that says so.
   * @param items taken one by one, each when there is somebody to work on it: whoever gives them sets the pace
   * @param settings of this run; several runs may have their own
   * @param onResult called once an item, in any order, with its number among those taken, from 0
   * @param signal after its abort no further item is begun; those in work are finished, but not tried again
   * @param name of the run: an executor that goes on when this process ends knows it again by this
   * @throws if the nets cannot be loaded, or as `items` and `onResult` do
   */
  run(
    items: AsyncIterable<Item> | Iterable<Item>,
    settings: Settings,
    onResult: (index: number, result: Result) => void,
    signal: AbortSignal,
    name?: string,
  ): Promise<void>;
  /** Ends at once what is still in work, and leaves no process behind. */
  close(): Promise<void>;
}

/** Judges photos. */
export interface PhotoExecutor extends Executor<PhotoFile, PhotoSettings, PhotoResult> {
  /** How many photos a run may take before the first of them is done and written: what one slow photo lets pile up. */
  readonly mostAhead: number;
}
