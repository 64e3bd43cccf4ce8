"""Servers of LLMs and embeddings as they behave, played in this process: no sockets, no waiting, always the same.

Comes in: the HTTP requests of dialin. Goes out: what the real server answers, refuses and counts, with its headers.
Begin with `world.World`, which takes the place of the network; each family of servers has a module, each server a class
whose docstring says where its behaviour is written down.
"""
