import type { Piece } from "../raster/pieces";
import type { LayerData, PatchData } from "../state/drawing";
import { bytesPerPixel, type PlaneName } from "../state/layers";

export interface Frame<H> {
  header: H;
  body: Uint8Array;
}

/** `uint32` length of the header, the header as JSON, pixels. */
export function readFrame<H>(buffer: ArrayBuffer): Frame<H> {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as H;
  return { header, body: new Uint8Array(buffer, 4 + length) };
}

export function writeFrame(header: object, pixels: readonly Uint8Array[]): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const size = 4 + json.length + pixels.reduce((sum, bytes) => sum + bytes.length, 0);
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 4);
  let at = 4 + json.length;
  for (const bytes of pixels) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out.buffer;
}

interface LayerHeader {
  name: PlaneName;
  channels: number;
}

/** Layers are copied out of the message: a drawing writes on them. */
export function splitLayers(
  layers: readonly LayerHeader[],
  width: number,
  height: number,
  body: Uint8Array,
  pieces: readonly Piece[],
): LayerData[] {
  let at = 0;
  return layers.map(({ name, channels }) => {
    const bytes = body.slice(at, (at += width * height * channels));
    return { name, channels, bytes, ...(name === "origin" ? { pieces } : {}) };
  });
}

interface PatchHeader {
  layer: PlaneName;
  x: number;
  y: number;
  width: number;
  height: number;
}

export function splitPatches(patches: readonly PatchHeader[], body: Uint8Array, pieces: readonly Piece[]): PatchData[] {
  let at = 0;
  return patches.map(({ layer, x, y, width, height }) => {
    const size = width * height * bytesPerPixel(layer);
    const bytes = body.subarray(at, (at += size));
    const rect = { x0: x, y0: y, x1: x + width, y1: y + height };
    return { layer, rect, bytes, ...(layer === "origin" ? { pieces } : {}) };
  });
}

export function patchHeader({ layer, rect }: PatchData): PatchHeader {
  return { layer, x: rect.x0, y: rect.y0, width: rect.x1 - rect.x0, height: rect.y1 - rect.y0 };
}
