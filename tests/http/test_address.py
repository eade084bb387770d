from __future__ import annotations

import socket

import pytest

from primage.errors import ConfigError
from primage.http.address import Address, bound, hosts_of


def test_names_that_clients_may_use() -> None:
    assert hosts_of(Address(), 80) == {"127.0.0.1:80", "localhost:80", "[::1]:80"}
    assert hosts_of(Address(names=("studio.test",)), 80) >= {"studio.test:80", "localhost:80"}
    assert hosts_of(Address("192.168.1.5"), 80) == {"192.168.1.5:80"}
    assert f"{socket.gethostname()}:80" in hosts_of(Address("0.0.0.0"), 80)
    assert Address("::1").loopback
    assert Address("localhost").loopback
    assert not Address("0.0.0.0").loopback
    assert not Address("example.org").loopback
    shown = {"0.0.0.0": "127.0.0.1", "::1": "[::1]", "192.168.1.5": "192.168.1.5", "localhost": "127.0.0.1"}
    assert {host: Address(host).shown for host in shown} == shown


def test_a_port_that_is_taken_is_refused_or_replaced_by_the_next() -> None:
    with bound(Address()) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match="choose another --port"):
            bound(Address(port=port))
        with bound(Address(port=port, strict=False)) as other:
            assert port < other.getsockname()[1] < port + 10
