"""What all shapes of answers have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Every key is there, null or not."""

    model_config = ConfigDict(extra="forbid")
