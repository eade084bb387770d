import { useEffect, useRef } from "react";
import { colourTable, hatchPixels, labelPixels, linePixels } from "../raster/compose";
import type { Rgb } from "../raster/palette";
import { EMPTY, isEmpty, type Rect, union } from "../raster/rect";
import type { Drawing } from "../state/drawing";
import type { Picture } from "../state/picture";
import { get, useStudio } from "../state/store";

type Paint = (drawing: Drawing, rect: Rect) => ImageData | null;

function labelColours(drawing: Drawing): readonly Rgb[] {
  const { trial, project } = get();
  return drawing.paintingColours ?? (trial ?? project?.labels ?? []).map((label) => label.colour);
}

const PAINT: Record<"labels" | "edges" | "marks", Paint> = {
  labels: (drawing, rect) => drawing.labels && labelPixels(drawing.labels, colourTable(labelColours(drawing)), rect),
  edges: (drawing, rect) => {
    const ink: Rgb = drawing.labels ? (get().project?.line_colour ?? [0, 0, 0]) : [0, 0, 0];
    return drawing.edges && linePixels(drawing.edges, ink, rect);
  },
  marks: (drawing, rect) => hatchPixels(drawing.marks, [255, 255, 255], rect),
};

/** An empty canvas would be composited all the same, at every frame. */
function anyMark({ marks }: Drawing): boolean {
  return marks.data.includes(1);
}

interface Props {
  drawing: Drawing;
  layer: "labels" | "edges" | "marks";
}

/** One layer of the drawing on its own canvas. Only what was touched is put, once a frame; nothing is ever read back. */
export function LayerCanvas({ drawing, layer }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const view = useStudio((s) => s.layers[layer === "marks" ? "labels" : layer]);
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    let dirty: Rect = drawing.frame;
    let frame = 0;
    const put = () => {
      frame = 0;
      if (isEmpty(dirty)) return;
      if (layer === "marks") context.canvas.hidden = !anyMark(drawing);
      const image = PAINT[layer](drawing, dirty);
      if (image) context.putImageData(image, dirty.x0, dirty.y0);
      else context.clearRect(0, 0, drawing.width, drawing.height);
      dirty = EMPTY;
    };
    put();
    const stop = drawing.subscribe((rect) => {
      dirty = union(dirty, rect);
      if (!frame) frame = requestAnimationFrame(put);
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [drawing, layer]);
  return (
    <canvas
      ref={ref}
      className="sheet-layer"
      data-layer={layer}
      width={drawing.width}
      height={drawing.height}
      style={{ opacity: layer === "marks" ? 0.9 : view.opacity, ...(view.visible ? {} : { display: "none" }) }}
    />
  );
}

/** The newest painted picture. `from` is where it begins, as a share of the width; the rest is cut away. */
export function PictureCanvas({ picture, from }: { picture: Picture; from: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    return picture.subscribe((image, x, y) => context.putImageData(image, x, y));
  }, [picture]);
  return (
    <canvas
      ref={ref}
      className="sheet-layer smooth"
      data-layer="picture"
      width={picture.width}
      height={picture.height}
      style={{ clipPath: from > 0 ? `inset(0 0 0 ${100 * from}%)` : "none" }}
    />
  );
}
