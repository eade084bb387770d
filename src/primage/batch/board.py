"""Where the tasks of a cluster tell how far they are. Its process needs no PyTorch, so this imports none."""

from __future__ import annotations

from primage.batch.outcome import Stage


class Board:
    """The newest stage of each task; the answer to a task says whether to stop. It may be lost: a look restores it."""

    def __init__(self) -> None:
        self._stages: dict[int, Stage] = {}
        self._stop = False

    def report(self, number: int, stage: Stage) -> bool:
        """Keep a stage.

        Args:
            number: of the photo.
            stage: how far it is.

        Returns:
            Whether to stop.
        """
        self._stages[number] = stage
        return self._stop

    def look(self, stop: bool) -> dict[int, Stage]:
        """What was reported since the last look.

        Args:
            stop: whether tasks are to stop from now on.

        Returns:
            Stages by the numbers of the photos.
        """
        self._stop = stop
        news, self._stages = self._stages, {}
        return news
