/** How a gzip file begins. Some servers say that such a file is compressed, and the browser then has unpacked it already. */
const GZIP = [0x1f, 0x8b];

/** Load a file, unpacked. */
export async function load(address: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch {
    throw new Error(`${address} cannot be loaded. Serve this folder with a static server.`);
  }
  if (!response.ok) throw new Error(`${address} is missing (${response.status}). Export the page again.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!GZIP.every((byte, i) => bytes[i] === byte)) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}
