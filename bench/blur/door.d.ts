import type { FaceView } from '../../src/core/face.js';

export interface Door {
  see(bytes: Uint8Array): Promise<FaceView[]>;
  close(): Promise<void>;
}
export function openDoor(): Promise<Door>;
