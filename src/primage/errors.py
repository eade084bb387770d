"""What Primage raises, as one small tree. The CLI prints the message in one line and picks the exit code."""


class PrimageError(Exception):
    """Anything Primage refuses or fails at. The message says what was wrong, where, and what would be right."""

    exit_code = 1


class UserError(PrimageError):
    """The input or the settings are at fault (exit code 2); nothing was changed."""

    exit_code = 2


class ImageError(UserError):
    """A file is not a picture that can be read."""


class LabelError(UserError):
    """A label map cannot be understood, or holds a colour that the training never saw."""


class PrimitiveError(UserError):
    """A primitive does not fit its photo, its model, or its own description."""


class ConfigError(UserError):
    """Settings contradict each other or cannot be read."""


class RunError(UserError):
    """A run folder or a model file is missing, foreign, in use, or was started with other settings."""


class WeightsError(PrimageError):
    """Pretrained weights cannot be had, or are not what they should be."""


class TrainingError(PrimageError):
    """Training cannot go on (a loss is not finite)."""
