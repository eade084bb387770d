"""The base of all settings: frozen, strict about names, read from plain data with one clear sentence for a mistake."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from primage.errors import ConfigError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Frozen(BaseModel):
    """Base of all settings: immutable, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Settings = TypeVar("Settings", bound=Frozen)


def validated(model: type[Settings], data: object, where: str) -> Settings:
    """Read settings from plain data, with one clear sentence for what does not fit.

    Args:
        model: the settings class.
        data: what was parsed from JSON.
        where: named in the message.

    Returns:
        An instance of ``model``.

    Raises:
        ConfigError: an unknown field, a wrong type, a value out of range.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "settings"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {place}: {message}") from error
