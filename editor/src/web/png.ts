import type { Size } from "../render/size";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const CRCS = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < data.length + 8; i++) crc = CRCS[(crc ^ out[i]) & 255] ^ (crc >>> 8);
  view.setUint32(data.length + 8, ~crc >>> 0);
  return out;
}

/** A text in UTF-8, not compressed. */
function text(key: string, value: string): Uint8Array {
  return chunk("iTXt", new TextEncoder().encode(`${key}\0\0\0\0\0${value}`));
}

/**
 * A picture, RGB, as a PNG file. Its own, because some browsers change the pixels that are read from a canvas a little, so
 * that visitors cannot be told apart by them.
 */
export async function encodePng(
  rgb: Uint8Array,
  { width, height }: Size,
  texts: Record<string, string>,
): Promise<Blob> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits, colours without transparency.
  header.set([8, 2], 8);
  const rows = new Uint8Array((3 * width + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(rgb.subarray(3 * y * width, 3 * (y + 1) * width), y * (3 * width + 1) + 1);
  }
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("sRGB", Uint8Array.of(0)),
    ...Object.entries(texts).map(([key, value]) => text(key, value)),
    chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())),
    chunk("IEND", new Uint8Array()),
  ];
  return new Blob(parts as BlobPart[], { type: "image/png" });
}
