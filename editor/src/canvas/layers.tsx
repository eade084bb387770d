import { useEffect, useRef } from "react";
import { EMPTY, isEmpty, type Rect, union } from "../raster/rect";
import type { Drawing } from "../state/drawing";
import { shownColours } from "../state/labels";
import type { Layer, LayerColours } from "../state/layers";
import type { Picture } from "../state/picture";
import { get, useStudio } from "../state/store";

/** The colours to show the drawing in; a project's lines are black where there is nothing below them. */
function coloursOf(drawing: Drawing): LayerColours {
  const { project } = get();
  return {
    labels: shownColours(get()),
    lines: (drawing.labels && project?.line_colour) || [0, 0, 0],
  };
}

interface Props {
  drawing: Drawing;
  layer: Layer;
}

/** One layer of the drawing on its own canvas. Only what was touched is redrawn, once per frame; nothing is read back. */
export function LayerCanvas({ drawing, layer }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { type, plane } = layer;
  const view = useStudio((s) => s.layers[type.follows ?? type.role]);
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    let dirty: Rect = drawing.frame;
    let frame = 0;
    const put = () => {
      frame = 0;
      if (isEmpty(dirty)) return;
      // The browser would composite an empty canvas all the same, at every frame.
      context.canvas.hidden = !type.opaque && plane.data.every((value) => value === type.blank);
      context.putImageData(type.compose(plane, dirty, coloursOf(drawing)), dirty.x0, dirty.y0);
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
  }, [drawing, type, plane]);
  return (
    <canvas
      ref={ref}
      className="sheet-layer"
      data-layer={type.role}
      width={drawing.width}
      height={drawing.height}
      style={{ opacity: type.follows ? 0.9 : view.opacity, ...(view.visible ? {} : { display: "none" }) }}
    />
  );
}

/** The newest render. `from` is where it begins, as a fraction of the width; what is left of it is clipped. */
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
