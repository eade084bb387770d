import type { Rgb } from "../raster/palette";
import { createPlane, type Plane } from "../raster/plane";
import { frame } from "../raster/rect";
import { changedNear, thin } from "../raster/thin";
import { distanceTo } from "./distance";
import type { Size } from "./size";

/** Beyond so many pixels, all places are equally far from a line; the closeness is exp(-d / 4 px). */
const FAR_PX = 16;
const CLOSENESS_PX = 4;

/** The layers that a network reads, by name: positions of labels, lines as 0 and 1, colours as RGB. */
export interface Layers {
  readonly segments?: Uint8Array;
  readonly edges?: Uint8Array;
  readonly colours?: Uint8Array;
}

/** How a drawing becomes channels (`primage.primitive.primitive.encode`). */
export interface Encoding {
  readonly name: "channels" | "boundaries" | "labels" | "rgb";
  readonly labels: readonly Rgb[];
  readonly line: Rgb;
}

/**
 * The layers as the network was trained to read them: edited lines are thinned again. Lines that were not edited stay as they
 * are.
 */
export function cleaned(layers: Layers, training: Layers, size: Size): Layers {
  if (!layers.edges || !training.edges) return layers;
  const edges = createPlane(size.width, size.height, layers.edges.slice());
  const before = createPlane(size.width, size.height, training.edges);
  thin(edges, frame(edges), changedNear(before, edges, frame(edges)));
  return { ...layers, edges: edges.data };
}

/** Where two drawings differ. */
export function changedPixels(layers: Layers, training: Layers, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(width * height);
  for (const name of ["segments", "edges", "colours"] as const) {
    const [one, other] = [layers[name], training[name]];
    if (!one || !other) continue;
    const channels = one.length / out.length;
    for (let k = 0; k < one.length; k++) if (one[k] !== other[k]) out[Math.floor(k / channels)] = 1;
  }
  return out;
}

/** The channels of a drawing, one after the other: (C, H, W). */
export function encode(layers: Layers, { name, labels, line }: Encoding, size: Size): Float32Array {
  const { segments, edges, colours } = layers;
  if (name === "rgb") return toChannels(drawn(layers, { name, labels, line }, size));
  const channels: ArrayLike<number>[] = [];
  if (segments)
    for (let label = 0; label < labels.length; label++) channels.push(segments.map((is) => +(is === label)));
  if (edges) channels.push(edges, closeness(edges, size));
  if (name !== "channels" && segments) {
    const borders = boundaries(createPlane(size.width, size.height, segments));
    if (name === "boundaries") thin(borders);
    channels.push(borders.data, ...(name === "boundaries" ? [closeness(borders.data, size)] : []));
  }
  const pixels = size.width * size.height;
  const painted = colours ? toChannels(colours) : new Float32Array();
  const out = new Float32Array(channels.length * pixels + painted.length);
  channels.forEach((channel, c) => {
    out.set(channel, c * pixels);
  });
  out.set(painted, channels.length * pixels);
  return out;
}

/** exp(-d / 4 px), d the distance to the nearest line. */
export function closeness(lines: Uint8Array, size: Size): Float32Array {
  return distanceTo(lines, size).map((distance) => Math.exp(Math.min(distance, FAR_PX) / -CLOSENESS_PX));
}

/** Pixels whose label differs from that of a neighbour. */
export function boundaries({ width, height, data }: Plane): Plane {
  const out = createPlane(width, height);
  for (let i = 0; i < data.length; i++) {
    if ((i + 1) % width && data[i] !== data[i + 1]) out.data[i] = out.data[i + 1] = 1;
    if (i + width < data.length && data[i] !== data[i + width]) out.data[i] = out.data[i + width] = 1;
  }
  return out;
}

/** The drawing as one picture, RGB: lines over labels, or black on white. */
export function drawn({ segments, edges, colours }: Layers, { labels, line }: Encoding, size: Size): Uint8Array {
  const out = colours ? colours.slice() : new Uint8Array(3 * size.width * size.height).fill(255);
  if (segments) for (let i = 0; i < segments.length; i++) out.set(labels[segments[i]], 3 * i);
  if (edges) for (let i = 0; i < edges.length; i++) if (edges[i]) out.set(segments ? line : [0, 0, 0], 3 * i);
  return out;
}

/** A picture as three channels from -1 to 1. */
function toChannels(rgb: Uint8Array): Float32Array {
  const pixels = rgb.length / 3;
  const out = new Float32Array(rgb.length);
  for (let k = 0; k < rgb.length; k++) out[(k % 3) * pixels + Math.floor(k / 3)] = rgb[k] / 127.5 - 1;
  return out;
}

/** Three channels from -1 to 1 as a picture. */
export function toPicture(channels: Float32Array): Uint8Array {
  const pixels = channels.length / 3;
  const out = new Uint8Array(channels.length);
  for (let k = 0; k < out.length; k++) {
    const level = Math.round((channels[(k % 3) * pixels + Math.floor(k / 3)] + 1) * 127.5);
    out[k] = Math.min(255, Math.max(0, level));
  }
  return out;
}
