import type { OriginData } from "../raster/origin";
import type { Encoding, Layers } from "../render/encoding";
import type { Size } from "../render/size";

/** What the page knows about its photo before anything is drawn. */
export interface Training {
  readonly size: Size;
  readonly encoding: Encoding;
  readonly layers: Layers;
  /** RGB, and the network's picture of the unedited drawing, as Primage computed it. */
  readonly photo: Uint8Array;
  readonly unedited: Uint8Array;
}

export interface Options {
  /** Whether the photo is kept where no edit has an effect. */
  readonly keepOriginal: boolean;
  /** Whether what is wrong is synthesised from patches of the photo, and what the search begins with. */
  readonly synthesis: boolean;
  readonly seed: number;
}

/** To the worker. */
export type Request =
  | { readonly type: "open"; readonly base: string; readonly network: string; readonly training: Training }
  | {
      readonly type: "render";
      readonly id: number;
      readonly layers: Layers;
      readonly origin: OriginData;
      readonly options: Options;
    };

/** From the worker. */
export type Answer =
  /** The network is loaded; `difference` is the largest one from Primage's picture of the unedited drawing, in levels. */
  | { readonly type: "ready"; readonly backend: string; readonly difference: number }
  | { readonly type: "picture"; readonly id: number; readonly image: Uint8Array; readonly final: boolean }
  | { readonly type: "failure"; readonly message: string };
