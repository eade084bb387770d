import { drawn } from "../render/encoding";
import { session } from "../state/session";
import { get, notify } from "../state/store";
import { anchor } from "../tools/floating";
import { type Content, layersOf } from "./manifest";
import { PageSession } from "./pageSession";
import { encodePng } from "./png";

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Save the picture as it is shown; the file says how it was made. */
export async function savePicture({ manifest }: Content): Promise<void> {
  anchor();
  const { picture, project, rendering, synthesising } = get();
  if (!picture || !project) return;
  if (rendering || synthesising) {
    notify("The picture is not finished. Save it when it is.");
    return;
  }
  const open = session();
  if (open instanceof PageSession && open.stale) {
    notify("The picture does not show the drawing, because it could not be rendered. Edit the drawing, then save it.");
    return;
  }
  const facts = {
    generated: true,
    software: `Primage ${manifest.primage_version}, in a browser`,
    steps: manifest.steps,
    weights_sha256: manifest.weights_sha256,
    photo_sha256: manifest.photo_sha256,
    keeps_original: project.keep_original,
  };
  save(await encodePng(picture.rgb, picture, { primage: JSON.stringify(facts) }), `${manifest.name}-edited.png`);
}

/** Save the drawing as one picture, which `primage render` and the studio read. */
export async function saveDrawing({ manifest, training }: Content): Promise<void> {
  anchor();
  const { drawing } = get();
  if (!drawing) return;
  const layers = drawing.layers.map(({ type, base }) => ({ name: type.name, bytes: drawing.encode(type, base.data) }));
  const picture = drawn(layersOf(layers), training.encoding, training.size);
  save(await encodePng(picture, training.size, {}), `${manifest.name}-drawing.png`);
}
