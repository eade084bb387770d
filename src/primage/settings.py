"""Base class of all settings, and validation with one-sentence errors."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from primage.errors import ConfigError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]

#: Fields that were renamed, by class: files written by earlier versions still have the old names.
_OLD_FIELD_NAMES: dict[str, dict[str, str]] = {
    "Config": {"stretch_from": "continued_from"},
    "LossConfig": {"lambda_drawn": "lambda_synthesised"},
}


def current_name(field: str) -> str:
    """The current name of a renamed field; other names are unchanged."""
    return {old: new for names in _OLD_FIELD_NAMES.values() for old, new in names.items()}.get(field, field)


class Frozen(BaseModel):
    """Base of all settings: immutable, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _read_old_names(cls, data: Any) -> Any:
        names = _OLD_FIELD_NAMES.get(cls.__name__)
        if names is None or not isinstance(data, dict):
            return data
        # A field under both names stays as it is: the old one is then refused like any unknown field.
        return {names[k] if k in names and names[k] not in data else k: value for k, value in data.items()}


Settings = TypeVar("Settings", bound=Frozen)


def validated(model: type[Settings], data: object, where: str) -> Settings:
    """Validate plain data as settings; the first mistake becomes a one-sentence error.

    Args:
        model: the settings class.
        data: parsed JSON.
        where: source of the data, for the error message.

    Returns:
        An instance of ``model``.

    Raises:
        ConfigError: an unknown field, a wrong type, or a value out of range.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "settings"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {field}: {message}") from error
