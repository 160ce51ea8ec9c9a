"""The lab: hosts made of namespaces, the programs that run on them, and what the tests ask of them.

Start with topology.py (what a network looks like) and case.py (how a test is declared). kernel.py
holds the few system interfaces Python lacks; uml.py boots the kernel that has IPVS.
"""
