import type { FaceView } from '../../src/core/face.js';

export function keptView(view: FaceView): FaceView;
