/**
 * The one TensorFlow.js of this process: its backend is global, so every net runs on the same.
 */
import { loadTfjs, type LoadedTfjs } from './packages.js';

let loaded: Promise<LoadedTfjs> | undefined;

/**
 * The TensorFlow.js that the nets run on, loaded on first use.
 * @param threads inside an inference, where it is native: of the first use
 * @throws TfjsMissingError where none is installed and works
 */
export function sharedTfjs(threads = 1): Promise<LoadedTfjs> {
  loaded ??= loadTfjs(threads);
  return loaded;
}
