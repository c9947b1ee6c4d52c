/**
 * The thread that makes crops and finds the gradients of its part of each batch.
 */
import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { isGradientSetup, type GradientSetup } from '../loop/gradient-threads.js';
import { PartGradients } from '../loop/gradients.js';
import { cropInputs } from './crop-inputs.js';
import type { Scenes } from './scenes.js';

const { memory, source, port } = z.custom<GradientSetup<Scenes>>(isGradientSetup).parse(workerData);
new PartGradients(memory, cropInputs(source)).serve(port);
