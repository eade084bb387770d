import { encode, toPicture } from "../render/encoding";
import type { Answer, Request, Training } from "./messages";
import { type Network, openNetwork } from "./network";
import { render } from "./render";

/** Renders drawings, each until it is done or a newer one has come. */
let open: { network: Network; training: Training } | null = null;
let newest = 0;

function answer(message: Answer): void {
  self.postMessage(message);
}

function fail(error: unknown): void {
  answer({ type: "failure", message: error instanceof Error ? error.message : String(error) });
}

async function start({ base, network: file, training }: Extract<Request, { type: "open" }>): Promise<void> {
  const network = await openNetwork(base, file);
  const { size, layers, encoding, unedited } = training;
  const picture = toPicture((await network.run(encode(layers, encoding, size), size)).image);
  const difference = picture.reduce((most, value, k) => Math.max(most, Math.abs(value - unedited[k])), 0);
  open = { network, training };
  answer({ type: "ready", backend: network.backend, difference });
}

async function paint({ id, layers, origin, options }: Extract<Request, { type: "render" }>): Promise<void> {
  if (!open) throw new Error("The network is not loaded.");
  newest = id;
  for await (const picture of render(open.network, open.training, { layers, origin }, options)) {
    if (newest !== id) return;
    if (picture) answer({ type: "picture", id, ...picture });
  }
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  (data.type === "open" ? start(data) : paint(data)).catch(fail);
};
