import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useShallow } from "zustand/react/shallow";
import { colourTable } from "../raster/compose";
import type { Rgb } from "../raster/palette";
import type { Drawing } from "../state/drawing";
import { shownColours } from "../state/labels";
import type { Content, Placed } from "../state/objects";
import { useStudio } from "../state/store";
import { IconButton } from "../theme/controls";
import {
  deleteObjectById,
  duplicateObject,
  mergeAllObjects,
  mergeObject,
  renameObject,
  reorderObject,
  selectObject,
  showObject,
} from "../tools/objects";

/** Objects from the top to the bottom, and what can be done with the selected one. */
export function ObjectList({ drawing }: { drawing: Drawing }) {
  const { placed } = useSyncExternalStore(drawing.objects.subscribe, () => drawing.objects.current);
  const selected = useStudio((s) => s.selection?.object);
  if (!placed.length) return null;
  const at = placed.findIndex(({ id }) => id === selected);
  return (
    <div className="objects" role="group" aria-label="Objects">
      <header>
        <h3>Objects</h3>
        <IconButton icon="merge" label="Merge all with the drawing" onClick={mergeAllObjects} />
      </header>
      <ul className="layers" aria-label="Objects, from the top to the bottom">
        {[...placed].reverse().map((one) => (
          <ObjectRow key={one.id} placed={one} drawing={drawing} selected={one.id === selected} />
        ))}
      </ul>
      <p className="hint">What is drawn on an object moves with it.</p>
      {placed[at] && (
        <ObjectEditor key={selected} placed={placed[at]} lowest={at === 0} highest={at === placed.length - 1} />
      )}
    </div>
  );
}

function ObjectRow({ placed, drawing, selected }: { placed: Placed; drawing: Drawing; selected: boolean }) {
  const { id, name, visible, content } = placed;
  return (
    <li className="layer object" data-hidden={!visible} data-current={selected}>
      <IconButton
        icon={visible ? "eye" : "hidden"}
        label={`Show ${name}`}
        pressed={visible}
        onClick={() => showObject(id, !visible)}
      />
      <button
        type="button"
        className="object-pick"
        aria-pressed={selected}
        title={`Select ${name}: move it with the arrow keys or the tool Move`}
        onClick={() => selectObject(id)}
      >
        <Thumbnail content={content} drawing={drawing} />
        <span className="layer-name">{name}</span>
      </button>
    </li>
  );
}

function ObjectEditor({ placed, lowest, highest }: { placed: Placed; lowest: boolean; highest: boolean }) {
  const { id, visible } = placed;
  const [name, setName] = useState(placed.name);
  useEffect(() => setName(placed.name), [placed.name]);
  return (
    <div className="object-editor">
      <input
        type="text"
        aria-label="Name of the object"
        value={name}
        maxLength={60}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => (name.trim() ? renameObject(id, name) : setName(placed.name))}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") event.currentTarget.blur();
        }}
      />
      <div className="group" role="group" aria-label="Selected object">
        <IconButton icon="raise" label="Raise" keys="Ctrl+]" disabled={highest} onClick={() => reorderObject(id, 1)} />
        <IconButton icon="lower" label="Lower" keys="Ctrl+[" disabled={lowest} onClick={() => reorderObject(id, -1)} />
        <IconButton icon="duplicate" label="Duplicate object" keys="Ctrl+J" onClick={() => duplicateObject(id)} />
        <IconButton
          icon="merge"
          label="Merge with what is below it"
          keys="Ctrl+E"
          disabled={!visible}
          onClick={() => mergeObject(id)}
        />
        <IconButton icon="trash" label="Delete object" keys="Del" onClick={() => deleteObjectById(id)} />
      </div>
    </div>
  );
}

/** The pixels of an object before any transform. */
function Thumbnail({ content, drawing }: { content: Content; drawing: Drawing }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const colours = useStudio(useShallow(shownColours));
  const lines = useStudio((s) => (drawing.labels && s.project?.line_colour) || null);
  const { x0, y0, x1, y1 } = content.rect;
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    context?.putImageData(pixelsOf(content, colours, lines as Rgb | null), 0, 0);
  }, [content, colours, lines]);
  // Its name stands beside it.
  return <canvas ref={ref} className="thumbnail" width={x1 - x0} height={y1 - y0} />;
}

/** Lines that have no areas below them are shown on paper. */
const INK: Rgb = [0, 0, 0];
const PAPER: Rgb = [255, 255, 255];

function pixelsOf({ rect, mask, planes }: Content, colours: readonly Rgb[], lines: Rgb | null): ImageData {
  const image = new ImageData(rect.x1 - rect.x0, rect.y1 - rect.y0);
  const pixels = new Uint32Array(image.data.buffer);
  const areas = planes.segments ?? planes.colours;
  const table = colourTable(colours);
  const [ink, paper] = colourTable([(areas && lines) ?? INK, PAPER]);
  mask.forEach((inside, k) => {
    if (!inside) return;
    pixels[k] = planes.edges?.[k] ? ink : areas ? table[areas[k]] : paper;
  });
  return image;
}
