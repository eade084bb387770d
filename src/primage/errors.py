"""The exceptions that Primage raises. The CLI prints their message in one line and exits with their code."""


class PrimageError(Exception):
    """Base class of all errors. The message says what is wrong, where, and what would be right.

    Attributes:
        exit_code: of the command line.
    """

    exit_code = 1


class UserError(PrimageError):
    """The input or the settings are invalid (exit code 2); nothing was changed."""

    exit_code = 2


class ImageError(UserError):
    """A picture cannot be read or written."""


class LabelError(UserError):
    """A label map cannot be read, or contains a label that the model was not trained on."""


class PrimitiveError(UserError):
    """A primitive does not fit its photo, its model, or its own description."""


class ConfigError(UserError):
    """A setting is unknown or invalid, or contradicts another one."""


class RunError(UserError):
    """A run folder or a model file is missing, invalid or in use, or belongs to a run with other settings."""


class BusyError(RunError):
    """Another process is writing to a run folder."""


class OutputError(UserError):
    """A file cannot be written where it was asked for, or would replace what is not Primage's to replace."""


class WeightsError(PrimageError):
    """Pretrained weights are not available, or fail their verification."""


class TrainingError(PrimageError):
    """Training cannot continue: a loss, a gradient or a weight is not finite."""


class ResourceError(PrimageError):
    """A task takes more memory than it may."""
