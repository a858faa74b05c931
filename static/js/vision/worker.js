// Runs stages of the server on one picture, in the browser, through OpenCV's WASM build. What is asked is answered in
// order; whoever asks waits for an answer before asking again.
"use strict";

const READY_EVERY_MS = 50;
const stages = {
  field_segmentation: (rgb, config) => Field.find(rgb, config),
  detect_edges: (rgb, config, hull) => Edges.find(rgb, hull, config),
};
let rgb = null;

const ready = () =>
  new Promise((resolve) => {
    // `cv` is a thenable that resolves to itself: awaiting it would never end.
    const look = () => (typeof cv !== "undefined" && cv.Mat ? resolve() : setTimeout(look, READY_EVERY_MS));
    look();
  });

const answer = async ({ kind, number, pixels, stage, config, hull }) => {
  if (kind === "start") {
    importScripts("../../vendor/opencv/opencv.js", "numbers.js", "pictures.js", "field.js", "lines.js", "edges.js");
    await ready();
    return {};
  }
  if (kind === "picture") {
    if (rgb) rgb.delete();
    rgb = Pictures.fromPixels(pixels);
    return { width: rgb.cols, height: rgb.rows };
  }
  const begun = performance.now();
  const found = stages[stage](rgb, config, hull ?? []);
  return { number, found, tookMs: performance.now() - begun };
};

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ kind: data.kind, ...(await answer(data)) });
  } catch (error) {
    // OpenCV's WASM throws numbers.
    const told = typeof error === "number" && typeof cv !== "undefined" ? cv.exceptionFromPtr?.(error)?.msg : error?.message;
    self.postMessage({ kind: "error", of: data.kind, number: data.number, message: String(told ?? error) });
  }
};
