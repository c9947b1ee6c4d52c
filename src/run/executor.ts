/**
 * Where photos are judged: processes of this machine, or anything else that takes photos and gives back results. A run knows
 * this interface only.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';
import type { PhotoSettings } from '../pipeline/photo.js';

export interface PhotoExecutor {
  /** Gets ready for the first photos already, while its caller does. */
  prepare(): void;
  /**
   * Judges photos, several at once. One that cannot be judged, whatever it does to its judge, costs a result that says so.
   * @param photos taken one by one, each when there is somebody to judge it: whoever gives them sets the pace
   * @param settings of this run; several runs may have their own
   * @param onResult called once a photo, in any order, with its number among those taken, from 0
   * @param signal after its abort no further photo is begun; those in work are finished, but not tried again
   * @throws if the nets cannot be loaded, or as `photos` and `onResult` do
   */
  run(
    photos: AsyncIterable<PhotoFile> | Iterable<PhotoFile>,
    settings: PhotoSettings,
    onResult: (index: number, result: PhotoResult) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends at once what is still in work, and leaves no process behind. */
  close(): Promise<void>;
}
