import { build } from 'vite'

/** `node build.ts FOLDER` makes the page there; the folder is emptied first. */
await build({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'error',
  build: {
    outDir: process.argv[2] ?? '',
    emptyOutDir: true,
    target: 'es2023',
    // Everything comes from the server itself, and nothing stands in the page that could be code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
