"""The list of all peers, by name."""

from __future__ import annotations

from dialin.errors import InputError
from dialin.peers.base import Peer
from dialin.peers.clusterllm import ClusterLLMPeer
from dialin.peers.density import DensityPeer
from dialin.peers.edgerefine import EdgeRefinePeer
from dialin.peers.gmm import GMMPeer
from dialin.peers.hierarchical import HierarchicalPeer
from dialin.peers.idas import IDASPeer
from dialin.peers.keyphrase import KeyphrasePeer
from dialin.peers.kmeans import KMeansPeer
from dialin.peers.library import WithLibrary
from dialin.peers.sccl import SCCLPeer
from dialin.peers.selfsup import SelfSupPeer

_ALL: tuple[Peer, ...] = (
    KMeansPeer(),
    GMMPeer(),
    HierarchicalPeer(),
    DensityPeer(),
    SCCLPeer(),
    SelfSupPeer(),
    KeyphrasePeer(),
    IDASPeer(),
    ClusterLLMPeer(),
    EdgeRefinePeer(),
)
PEERS: dict[str, Peer] = {peer.name: peer for peer in _ALL}
"""Every peer with its default settings, by name."""


def peer_of(name: str) -> Peer:
    """Return the peer with this name; raise InputError for an unknown name."""
    if name not in PEERS:
        raise InputError(f"unknown method {name!r}", hint=f"there are: {', '.join(PEERS)}")
    return PEERS[name]


def check_installed(name: str) -> None:
    """Raise InputError if no peer has this name, or if the library that it needs is not installed."""
    peer = peer_of(name)
    if isinstance(peer, WithLibrary):
        peer.library.load(name)
