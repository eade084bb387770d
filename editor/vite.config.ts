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
  // For `npm run dev` beside `primage studio`: the server takes requests from its own pages only, so these look like it.
  server: {
    proxy: {
      "/api": {
        target: "http://127.0.0.1:8765",
        ws: true,
        changeOrigin: true,
        headers: { origin: "http://127.0.0.1:8765" },
      },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
