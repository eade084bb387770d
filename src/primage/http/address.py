"""The address of a server: what it listens on, and under which names it can be reached."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass

from primage.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: Number of ports that are tried if that of a server is in use and none was asked for.
_PORTS = 10


@dataclass(frozen=True)
class Address:
    """A server's address.

    Attributes:
        host: an address of this machine.
        port: 0 for any free one.
        names: additional host names for clients to use.
        strict: whether the port must be this one; otherwise, one of those that follow will do.
    """

    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    strict: bool = True

    @property
    def loopback(self) -> bool:
        """Whether it can be reached from this machine only."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"

    @property
    def shown(self) -> str:
        """The host to open on this machine."""
        if self.host != "::" and _is_ipv6(self.host):
            return f"[{self.host}]"
        return "127.0.0.1" if self.loopback or self.host in ("0.0.0.0", "::") else self.host


def hosts_of(address: Address, port: int) -> frozenset[str]:
    """The values of ``Host`` that are accepted from clients.

    Args:
        address: the server's address.
        port: the actual port.

    Returns:
        "name:port" each.

    Example:
        >>> sorted(hosts_of(Address(), 8765))
        ['127.0.0.1:8765', '[::1]:8765', 'localhost:8765']
    """
    names = {*LOOPBACK, *address.names} if address.loopback else {*address.names}
    if not address.loopback:
        wildcard = address.host in ("0.0.0.0", "::")
        names |= {*LOOPBACK, socket.gethostname(), *_own_addresses()} if wildcard else {address.host}
    return frozenset(f"[{name}]:{port}" if _is_ipv6(name) else f"{name}:{port}" for name in names)


def _is_ipv6(name: str) -> bool:
    return ":" in name and not name.startswith("[")


def _own_addresses() -> set[str]:
    with contextlib.suppress(OSError):
        return {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return set()


def bound(address: Address) -> socket.socket:
    """Bind a socket.

    Args:
        address: the address to listen on.

    Raises:
        ConfigError: the port is in use, or the address is not available.
    """
    family = socket.AF_INET6 if _is_ipv6(address.host) else socket.AF_INET
    ports = (address.port,) if address.strict else range(address.port, address.port + _PORTS)
    error: OSError | None = None
    for port in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, port))
            return listener
        except OSError as failed:
            listener.close()
            error = failed
    reason = error.strerror if error is not None else "?"
    raise ConfigError(f"{address.host}:{address.port} is not available ({reason}); choose another --port")
