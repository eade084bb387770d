"""The exceptions that Primage raises. The CLI prints their message in one line and exits with their code."""

import errno

#: Of the messages of PyTorch, NumPy, OpenCV and the dynamic linker.
_NO_MEMORY = (
    *("allocate memory", "out of memory", "not enough memory", "unable to allocate", "insufficient memory"),
    "failed to map segment",
)


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


def shortage(error: BaseException) -> str | None:
    """Say in a sentence that an error comes from too little memory or disk.

    Args:
        error: of any library, or that a library raised because of another.

    Returns:
        The sentence; None for other errors.

    Example:
        >>> shortage(MemoryError())
        'there is not enough memory; choose a smaller size, or close other programs'
    """
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT):
        where = f" for {error.filename}" if isinstance(error, OSError) and error.filename else ""
        return f"the disk is full: there is no space{where}; free some and repeat the command"
    told = any(part in str(error).lower() for part in _NO_MEMORY)
    if isinstance(error, MemoryError) or number == errno.ENOMEM or told:
        return "there is not enough memory; choose a smaller size, or close other programs"
    before = error.__cause__ or error.__context__
    return None if before is None else shortage(before)
