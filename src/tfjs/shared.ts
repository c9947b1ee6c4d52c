/**
 * The one TensorFlow.js of this process: its backend is global, so every net runs on the same.
 */
import { loadTfjs, type LoadedTfjs } from './packages.js';

let loaded: Promise<LoadedTfjs> | undefined;

/**
 * The TensorFlow.js that the nets run on, loaded on first use.
 * @throws TfjsMissingError where none is installed and works
 */
export function sharedTfjs(): Promise<LoadedTfjs> {
  loaded ??= loadTfjs();
  return loaded;
}
