/**
 * One photo's way through all stages.
 */
import { scoreBlur } from '../blur/sharpness.js';
import type { EyeCrop } from '../classify/types.js';
import type { Face } from '../detect/faces.js';
import { eyeRegions, type EyeSight } from '../detect/eye-region.js';
import type { EyeRegion, Side } from '../detect/types.js';
import { cutLuminance } from '../image/crop.js';
import { decodePhoto, decodeRegion, openPhoto, shrinkFor, type DecodedPhoto, type OpenPhoto } from '../image/decode.js';
import { growBox, scaleBox, type Box } from '../image/raster.js';
import type { Stages } from './stages.js';
import { StageClock } from './stage-clock.js';
import type { EyeResult, FaceResult, PhotoResult } from './types.js';
import { eyesState, eyeState, faceReasons, isBystander, photoVerdict } from './verdict.js';
import type { PhotoFile } from './walk.js';
