import { defineConfig } from "vitest/config";

// Relative addresses, so that the built page works under any path the server mounts it at.
export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    target: "es2022",
    // The server's CSP forbids inline scripts and data: scripts; a module preload polyfill would be one.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:7860", ws: true } } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
