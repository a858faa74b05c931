"""How often one person, or one address that is not signed in, may ask."""

from __future__ import annotations

from django.conf import settings
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle


class PerPerson(UserRateThrottle):
    """MPR_API_PER_MINUTE requests a minute."""

    def get_rate(self) -> str:
        return f"{settings.MPR_API_PER_MINUTE}/minute"


class PerAddress(AnonRateThrottle):
    """A tenth of that: without a token there is nothing to do here but be refused."""

    def get_rate(self) -> str:
        return f"{max(1, settings.MPR_API_PER_MINUTE // 10)}/minute"
