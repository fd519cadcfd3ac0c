"""Run:ai's dialect. So far only the shape of its refusals: its paths answer in their owner's words."""
