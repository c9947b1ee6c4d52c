/**
 * The thread that finds the gradients of its part of each batch of eyes.
 */
import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { isGradientSetup, type GradientSetup } from './gradient-threads.js';
import { givenInputs, PartGradients } from './gradients.js';

const { memory, port } = z.custom<GradientSetup<undefined>>(isGradientSetup).parse(workerData);
new PartGradients(memory, givenInputs()).serve(port);
