import type { Project } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { Rgb } from "../raster/palette";
import type { Encoding, Layers } from "../render/encoding";
import type { Size } from "../render/size";
import type { LayerData } from "../state/drawing";
import type { LayerName } from "../state/layers";
import { NO_MARGINS } from "../state/margins";
import { load } from "./files";
import type { Training } from "./messages";

/** `manifest.json`, as `primage.export.page` writes it. */
interface Manifest {
  format: number;
  name: string;
  steps: number;
  encoding: Encoding["name"];
  line_colour: Rgb;
  palette: { labels: { name: string; colour: Rgb }[] } | null;
  differences: string[];
  licence: string;
  architecture: "painter" | "pix2pixhd";
  primage_version: string;
  weights_sha256: string;
  photo_sha256: string;
}

/** The version of the files that this page reads. */
const FORMAT = 1;
export const FILES = { network: "network.onnx.gz", drawing: "drawing.bin.gz", photo: "photo.png" } as const;

/** What the folder holds. */
export interface Content {
  readonly manifest: Manifest;
  readonly layers: LayerData[];
  readonly training: Training;
}

export async function loadContent(base: string): Promise<Content> {
  const at = (name: string) => new URL(name, base).href;
  const [text, packed] = await Promise.all([load(at("manifest.json")), load(at(FILES.drawing))]);
  const manifest = JSON.parse(new TextDecoder().decode(text)) as Manifest;
  if (manifest.format !== FORMAT) {
    throw new Error(`This folder was made by another version, Primage ${manifest.primage_version}. Export it again.`);
  }
  const { header, body } = readFrame<{ size: Size; layers: { name: LayerName; channels: number }[] }>(
    packed.buffer as ArrayBuffer,
  );
  const { size } = header;
  const layers = splitLayers(header.layers, size.width, size.height, body, []);
  const pixels = 3 * size.width * size.height;
  const end = body.length - 2 * pixels;
  const training: Training = {
    size,
    encoding: {
      name: manifest.encoding,
      labels: manifest.palette?.labels.map(({ colour }) => colour) ?? [],
      line: manifest.line_colour,
    },
    layers: layersOf(layers),
    photo: body.slice(end, end + pixels),
    unedited: body.slice(end + pixels),
  };
  return { manifest, layers, training };
}

/** The layers that a network reads, of those of a drawing. */
export function layersOf(layers: readonly { name: string; bytes: Uint8Array }[]): Layers {
  const read = layers.filter(({ name }) => name === "segments" || name === "edges" || name === "colours");
  return Object.fromEntries(read.map(({ name, bytes }) => [name, bytes]));
}

/** Pages of one server exchange what is copied: the same id means the same photo, whose pixels can come along. */
function idOf({ photo_sha256, weights_sha256 }: Manifest): string {
  return `page-${photo_sha256.slice(0, 16)}-${weights_sha256.slice(0, 16)}`;
}

/** The project that panels and tools see. What only the studio has, such as snapshots, is left out: nothing here reads it. */
export function projectOf({ manifest, training, layers }: Content): Project {
  const project: Partial<Project> = {
    id: idOf(manifest),
    name: manifest.name,
    size: { ...training.size },
    photo: { ...training.size },
    margins: NO_MARGINS,
    full_size: { ...training.size },
    labels: manifest.palette?.labels.map(({ name, colour }) => ({ name, colour: [...colour] })) ?? [],
    line_colour: [...manifest.line_colour],
    layers: layers.map(({ name, channels }) => ({ name, channels: channels as 1 | 3 })),
    history: { revision: 0, undo: null, redo: null, done: [], undone: [] },
    keep_original: true,
    options: { polish: true, strength: 0.5, seed: 0, fit_light: false },
    model: { steps: manifest.steps, published: 0 },
    steps: manifest.steps,
    correcting: false,
    unsettled: [],
  };
  return project as Project;
}
