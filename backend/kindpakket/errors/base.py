# SPDX-License-Identifier: EUPL-1.2
"""What every refusal and failure has: a name everywhere, a status, what the asker may see of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar


class KindpakketError(Exception):
    """Any error that is ours."""

    @classmethod
    def reason(cls) -> str:
        """The name of this error in answers and texts: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(eq=False)
class Refusal(KindpakketError):
    """The rules forbid what was asked."""

    status: ClassVar[int] = 409
    retry: ClassVar[bool] = False
    public: ClassVar[tuple[str, ...]] = ()

    def public_details(self) -> dict[str, Any]:
        """What the asker may see of it, by field name."""
        return {name: getattr(self, name) for name in self.public}

    def __str__(self) -> str:
        details = ", ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))
        return f"{self.reason()}({details})"

    @classmethod
    def title(cls) -> str:
        """One English sentence: the docstring's first."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class ContractRefusal(Refusal):
    """The contract refused."""


class Failure(KindpakketError):
    """Something did not work; nothing was decided, or it is not known what was."""

    status: ClassVar[int] = 503
    retry: ClassVar[bool] = True

    def public_details(self) -> dict[str, Any]:
        """What the asker may see of it, by field name."""
        return {}
