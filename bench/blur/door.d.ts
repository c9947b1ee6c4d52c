import type { FaceView } from '../../src/core/face.js';
import type { Box } from '../../src/core/raster.js';

export interface Door {
  see(bytes: Uint8Array): Promise<(FaceView & { readonly place: Box })[]>;
  close(): Promise<void>;
}
export function openDoor(): Promise<Door>;
