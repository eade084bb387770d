import * as ort from "onnxruntime-web/wasm";
import type { Size } from "../render/size";
import { load } from "./files";

/** What a network paints: three channels from -1 to 1; and for one that copies, where from, and how certain that is. */
export interface Painted {
  readonly image: Float32Array;
  readonly coords?: Float32Array;
  readonly confidence?: Float32Array;
}

export interface Network {
  readonly backend: string;
  run(channels: Float32Array, size: Size): Promise<Painted>;
}

/** More threads would share one memory, which browsers allow to isolated pages alone, and gain little beyond four. */
const MOST_THREADS = 4;

/** Load a network. */
export async function openNetwork(base: string, file: string): Promise<Network> {
  const at = (path: string) => new URL(path, base).href;
  const threads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
  const [program, model] = await Promise.all([load(at("runtime/wasm.wasm.gz")), load(at(file))]);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: at("runtime/wasm.js") };
  ort.env.wasm.wasmBinary = program.buffer as ArrayBuffer;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    // Warnings would come as errors on the console.
    logSeverityLevel: 3,
  });
  return {
    backend: threads > 1 ? `WebAssembly, ${threads} threads` : "WebAssembly",
    run: async (channels, { width, height }) => {
      const count = channels.length / (width * height);
      const given = { primitive: new ort.Tensor("float32", channels, [1, count, height, width]) };
      const found = await session.run(given);
      const values = (name: string) => found[name]?.data as Float32Array | undefined;
      const [coords, confidence] = [values("source_coords"), values("confidence")];
      return { image: values("image")!, ...(coords && { coords }), ...(confidence && { confidence }) };
    },
  };
}
