"""Every door to a backend beside its path: who comes in by it, or what keeps it shut (semantics.md, section 7.6)."""
