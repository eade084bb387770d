import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const require = createRequire(import.meta.url);

/** What runs networks: its program as it is, and its WebAssembly compressed, because few servers compress by themselves. */
function runtime(): Plugin {
  const read = (file: string) => readFileSync(require.resolve(`onnxruntime-web/${file}`));
  return {
    name: "onnx-runtime",
    apply: "build",
    generateBundle() {
      for (const [name, file] of [["wasm", "ort-wasm-simd-threaded"]]) {
        this.emitFile({ type: "asset", fileName: `runtime/${name}.js`, source: read(`${file}.mjs`) });
        const source = gzipSync(read(`${file}.wasm`), { level: 9 });
        this.emitFile({ type: "asset", fileName: `runtime/${name}.wasm.gz`, source });
      }
    },
  };
}

// The page of `primage export --web`: files for any static server, under any path.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: "../public",
  plugins: [runtime()],
  // Its program is loaded at run time, beside its WebAssembly, instead of being part of the worker's.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
});
