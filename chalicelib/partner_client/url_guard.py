"""Which URLs of a partner we talk to: nothing inside our own network, nothing unencrypted.

Looking a name up and connecting to it are two steps between which its address can
change; so `addresses` is asked again at the moment of connecting, and what it
answers is what is connected to.

Spec: ARC-20; design section 10
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from chalicelib.ocpi.errors import InvalidParameters

LONGEST_URL = 2048

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")
_PRIVATE = [
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128")
]

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(OSError):
    """A name that leads to an address we do not connect to."""


def check_form(url: str, allow_private: bool, pointer: str = "") -> SplitResult:
    """The parts of a URL that may be a partner's, as far as its text shows. Raises InvalidParameters."""
    if len(url) > LONGEST_URL:
        raise InvalidParameters(f"a URL of more than {LONGEST_URL} characters", pointer)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidParameters("a URL with characters that no URL has", pointer)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidParameters("not a URL", pointer) from None
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        raise InvalidParameters("an absolute https URL is required", pointer)
    if not host or parts.username is not None or parts.password is not None or port == 0:
        raise InvalidParameters("a URL with a host and without user or password is required", pointer)
    return parts


def guard(url: str, allow_private: bool, pointer: str = "") -> None:
    """Refuse a URL that leads where no partner is. Raises InvalidParameters.

    A name that does not resolve now leads nowhere, and passes; it fails when connected to.
    """
    parts = check_form(url, allow_private, pointer)
    try:
        addresses(parts.hostname or "", parts.port or 443, allow_private)
    except ForbiddenAddress as problem:
        raise InvalidParameters(str(problem), pointer) from None
    except (OSError, UnicodeError):
        return


def addresses(host: str, port: int, allow_private: bool) -> list[str]:
    """The addresses of a host, all of them fit to connect to.

    One that is not condemns the host. Raises ForbiddenAddress; OSError or
    UnicodeError for a name that cannot be looked up.
    """
    found = []
    for *_, where in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
        text = str(where[0])
        if not _fit(ipaddress.ip_address(text.partition("%")[0]), allow_private):
            raise ForbiddenAddress(f"{host[:100]} leads to an address that is not public")
        found.append(text)
    return found


def _fit(address: IpAddress, allow_private: bool) -> bool:
    inner = _inside(address)
    if inner is not None:
        return _fit(inner, allow_private)
    if allow_private and any(address in each for each in _PRIVATE if each.version == address.version):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IpAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, if it is of such a kind."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _COMPATIBLE and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
