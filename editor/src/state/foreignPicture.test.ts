import { afterEach, expect, test, vi } from "vitest";
import { clipOfPicture } from "./foreignPicture";

afterEach(() => vi.unstubAllGlobals());

test("a picture that the browser cannot read is not sent", async () => {
  const sent = vi.fn();
  vi.stubGlobal("fetch", sent);
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new DOMException("", "InvalidStateError")));
  await expect(clipOfPicture(new Blob(["II*"]), "a")).rejects.toThrow("Save it as PNG or JPEG");
  expect(sent).not.toHaveBeenCalled();
});
