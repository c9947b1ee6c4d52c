import type { Box, Raster } from '../../src/core/raster.js';

export function gray(image: Raster): Raster;
export function cut(image: Raster, box: Box): { readonly raster: Raster; readonly left: number; readonly top: number };
export function gaussian(image: Raster, sigma: number): Raster;
export function motion(image: Raster, length: number, angle: number): Raster;
export function defocus(image: Raster, radius: number): Raster;
export function random(seed: number): () => number;
export function noise(image: Raster, deviation: number, seed: number): Raster;
export function contrast(image: Raster, factor: number): Raster;
export function brightness(image: Raster, factor: number): Raster;
export function composite(inside: Raster, outside: Raster, box: Box, growth?: number): Raster;
