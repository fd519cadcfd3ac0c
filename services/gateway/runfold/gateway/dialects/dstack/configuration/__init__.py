"""dstack's configurations: shorthands and canonical forms are both taken, the canonical form is kept (section 9)."""
