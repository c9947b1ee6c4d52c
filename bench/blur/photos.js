/**
 * Photos as rasters and back.
 */
import sharp from 'sharp';

/** A file or its bytes as an upright 8-bit sRGB raster. */
export async function readRaster(file) {
  return toRaster(sharp(file).autoOrient().toColourspace('srgb').removeAlpha());
}

/** Pixels of a sharp pipeline. */
export async function toRaster(image) {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
}

/** A sharp pipeline that begins with a raster. */
export function fromRaster({ data, width, height, channels }) {
  return sharp(data, { raw: { width, height, channels } });
}

/** The raster as a file's bytes, without loss. */
export async function encode(raster) {
  return fromRaster(raster).png({ compressionLevel: 1 }).toBuffer();
}

/** The raster with `factor` times as many px a side. */
export async function resized(raster, factor) {
  if (factor === 1) return raster;
  const image = fromRaster(raster).resize(Math.round(raster.width * factor), Math.round(raster.height * factor), { fit: 'fill' });
  return toRaster(raster.channels === 1 ? image.toColourspace('b-w') : image);
}

/** The raster after it was saved as JPEG. */
export async function jpegOf(raster, quality) {
  const image = sharp(await fromRaster(raster).jpeg({ quality }).toBuffer());
  return toRaster(raster.channels === 1 ? image.toColourspace('b-w') : image);
}

/** Gaussian blur of standard deviation `sigma` px; below what a kernel of three can do, nothing is done. */
export async function gaussian(raster, sigma) {
  if (sigma < 0.3) return raster;
  const image = fromRaster(raster).blur({ sigma, precision: 'float', minAmplitude: 0.005 });
  return toRaster(raster.channels === 1 ? image.toColourspace('b-w') : image);
}
