/**
 * The weights of a `portrait` model file, to train on from.
 */
import { floatAt } from '../../core/typed-array.js';
import { UsageError } from '../../core/usage-error.js';
import { PORTRAIT_FORMAT } from '../../detect/portrait-model.js';
import { VALUES } from '../../detect/portrait-cells.js';
import { readMetadata } from '../../onnx/model-file.js';
import { collectWeights, type TrainedWeights } from '../loop/export.js';
import { SCORE_PRIOR } from './loss.js';
import { portraitLayout } from './step.js';

/**
 * Undoes what `exportPortrait` worked into the weights.
 * @param name what error messages call the model
 * @throws UsageError if it is another kind of model
 */
export function importPortrait(model: Uint8Array, name: string): TrainedWeights {
  if (formatOf(model) !== PORTRAIT_FORMAT) throw new UsageError(`${name} is not a face detector that "pipeline train" wrote.`);
  const layout = portraitLayout();
  const weights = collectWeights(layout, model, name);
  for (const { name: tensor, offset } of layout.parameters) {
    if (!/^head\.\d+\.values\.bias$/.test(tensor)) continue;
    const at = offset + VALUES.score;
    weights.parameters[at] = floatAt(weights.parameters, at) - SCORE_PRIOR;
  }
  return weights;
}

function formatOf(model: Uint8Array): string | undefined {
  try {
    return readMetadata(model)['format'];
  } catch {
    return undefined;
  }
}
