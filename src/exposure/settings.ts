/**
 * The `exposure` section of the configuration.
 */
import { z } from 'zod';
import { verdicts } from '../core/verdict.js';

const share = z.number().min(0).max(1);

export const exposureSettings = z.strictObject({
  burnt_share: share.default(0.2).describe('(0-1) a face with more than this share of burnt out pixels is said to be burnt out'),
  black_share: share.default(0.5).describe('(0-1) a face with more than this share of black pixels is said to be black'),
  verdict: z.enum(verdicts).default('keep')
    .describe('(keep | review | reject) what a burnt out or black face asks for; keep only says so'),
});

export type ExposureSettings = z.infer<typeof exposureSettings>;
