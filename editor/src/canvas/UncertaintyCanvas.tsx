import { useEffect, useRef } from "react";
import { fetchImage, projectUrl, Refusal } from "../api/client";
import type { Picture } from "../state/picture";
import { notify, set, useStudio } from "../state/store";

/** Side of the square of pixels that one pixel of the map covers, see `API.md`. */
const CELL = 4;

interface Props {
  picture: Picture;
  /** Where the picture begins, as a fraction of the width. */
  from: number;
}

/** An optional overlay: orange where the network's picture is unlike anything in the photo. */
export function UncertaintyCanvas(props: Props) {
  const requested = useStudio((s) => s.uncertainty);
  const id = useStudio((s) => (s.renderedSteps === null ? undefined : s.project?.id));
  return requested && id ? <UncertaintyMap {...props} id={id} /> : null;
}

function UncertaintyMap({ picture, from, id }: Props & { id: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const renders = useStudio((s) => s.renders);
  useEffect(() => {
    const asked = new AbortController();
    const put = (map: ImageBitmap | null) => {
      const context = ref.current?.getContext("2d");
      context?.clearRect(0, 0, picture.width, picture.height);
      if (map) context?.drawImage(map, 0, 0, CELL * map.width, CELL * map.height);
    };
    fetchImage(projectUrl(id, `/uncertainty?render=${renders}`), asked.signal).then(
      (map) => asked.signal.aborted || put(map),
      (error: Error) => {
        if (asked.signal.aborted) return;
        put(null);
        if (error instanceof Refusal && error.code === "no_model") return; // the first render will bring a map
        notify(error.message, "problem");
        set({ uncertainty: false });
      },
    );
    return () => asked.abort();
  }, [picture, id, renders]);
  return (
    <canvas
      ref={ref}
      className="sheet-layer smooth"
      data-layer="uncertainty"
      role="img"
      aria-label="Uncertainty"
      width={picture.width}
      height={picture.height}
      style={{ clipPath: from > 0 ? `inset(0 0 0 ${100 * from}%)` : "none" }}
    />
  );
}
