"""Names in the DNS, asked with a limit of time."""

from collections.abc import Sequence
from typing import Any

SECONDS = 5.0


class NoAnswer(Exception):
    """The DNS did not answer in time, or not as it should: it may later."""


class Names:
    """Asks the servers that this machine asks, or `servers` on `port`, `seconds` for each name."""

    def __init__(
        self, servers: Sequence[str] = (), *, port: int = 53, seconds: float = SECONDS
    ) -> None:
        self.servers, self.port, self.seconds = tuple(servers), port, seconds
        self._resolver: Any = None

    def find(self, name: str, kind: str) -> list[Any]:
        """The records of that kind (TXT, MX, A, AAAA, PTR); none where there is none.

        Raises NoAnswer.
        """
        import dns.exception
        import dns.resolver

        if self._resolver is None:
            self._resolver = dns.resolver.Resolver(configure=not self.servers)
            if self.servers:
                self._resolver.nameservers, self._resolver.port = list(self.servers), self.port
        try:
            return list(self._resolver.resolve(name, kind, lifetime=self.seconds, search=False))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return []
        except dns.exception.Timeout as error:
            raise NoAnswer(f"the DNS does not answer about {name}") from error
        except dns.resolver.NoNameservers as error:
            raise NoAnswer(f"the DNS fails about {name}") from error
        except (dns.exception.DNSException, ValueError):
            return []  # no name that can be asked about
