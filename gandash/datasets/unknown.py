from __future__ import annotations

from pydantic import Field

from gandash.datasets import Dataset, DatasetUnavailable, Images
from gandash.registry import Options


class UnknownOptions(Options):
    channels: int = Field(3, ge=1, le=3, title="Channels", description="3 for colour, 1 for grey.")
    size: int = Field(64, ge=1, le=1024, title="Size", description="Height and width in pixels.")
    classes: int = Field(0, ge=0, le=100_000, title="Classes", description="How many there are; 0 where the networks know none.")


class Unknown(Dataset):
    """Holds no images: it only says what shape those have that a checkpoint from elsewhere was trained on, where nobody knows more."""

    title = "Unknown data set"
    licence = "unknown"
    source = "the checkpoint does not tell; name the data set when it is imported"
    Options = UnknownOptions
    options: UnknownOptions

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.options.channels, self.options.size, self.options.size)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(f"class {number}" for number in range(self.options.classes))

    def available(self) -> bool:
        return False

    def missing(self) -> str:
        return (
            "Nobody has said which images this checkpoint was trained on, so there are no real ones to hold beside its samples: import it "
            "again and name its data set."
        )

    def train(self) -> Images:
        raise DatasetUnavailable(self.missing())

    def test(self) -> Images:
        raise DatasetUnavailable(self.missing())
